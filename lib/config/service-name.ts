const NAME = /^[A-Za-z0-9_/-][A-Za-z0-9._/-]*$/;

/** What is wrong with a name; null when it is one. */
export function nameProblem(name: string): string | null {
  if (name.length > 200) return `it has ${String(name.length)} characters, expected at most 200`;
  if (name.split('/').some((part) => part === '' || part === '..' || part.startsWith('.'))) {
    return 'no part of a name is empty, ".." or begins with a dot';
  }
  return NAME.test(name) ? null : 'expected letters, digits, . _ - /';
}

/** A name for an entry that is just a target: its host, `:port` as `-port` if written, `-2` if taken. */
export function nameFor(target: string, taken: ReadonlySet<string>): string {
  const [, host = '', port] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?/i.exec(target) ?? [];
  const [, path = ''] = /^[a-z][a-z0-9+.-]*:\/\/(\/[^?#]*)/i.exec(target) ?? [];
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
  const base = safe(host === '' ? path : host) || 'service';
  const named = port === undefined ? base : `${base}:${port}`;
  let name = named;
  for (let number = 2; taken.has(name); number += 1) name = `${named}-${String(number)}`;
  return name;
}
