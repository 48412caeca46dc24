import { safeLine } from '../words/safe-text.ts';

/**
 * A target taken apart, references and percent escapes still in it. Its delimiters are found before any value is
 * put in, so that a password may hold any character.
 */
export interface WrittenTarget {
  /** lower case */
  readonly scheme: string;
  readonly username: string | null;
  readonly password: string | null;
  /** without brackets; empty where the target has none */
  readonly host: string;
  /** host in brackets: an IPv6 address */
  readonly bracketed: boolean;
  readonly port: string | null;
  /** empty, or with its leading `/` */
  readonly path: string;
  /** behind the `?`; null without one */
  readonly query: string | null;
}

export type SplitTarget =
  { readonly ok: true; readonly target: WrittenTarget } | { readonly ok: false; readonly text: string };

/** Takes a target apart. The text of a fault never repeats the target itself: it may hold a password. */
export function splitTarget(text: string): SplitTarget {
  const fault = firstFault(text);
  if (fault !== null) return { ok: false, text: fault };
  const { masked, unmask } = mask(text);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(masked);
  if (scheme?.[1] === undefined) return { ok: false, text: schemeFault(masked) };
  const rest = masked.slice(scheme[0].length);
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const behind = (end === -1 ? '' : rest.slice(end)).replace(/#.*$/s, '');
  const at = authority.lastIndexOf('@');
  const address = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(authority.slice(at + 1));
  if (address === null) return { ok: false, text: addressFault(authority.slice(at + 1), behind) };
  const [, bracketed, plain, port] = address;
  const user = at === -1 ? null : authority.slice(0, at);
  const colon = user?.indexOf(':') ?? -1;
  const question = behind.indexOf('?');
  const whole = (part: string | null | undefined) =>
    part === null || part === undefined ? null : unmask(part);
  const written: WrittenTarget = {
    scheme: scheme[1].toLowerCase(),
    username: whole(colon === -1 ? user : user?.slice(0, colon)),
    password: colon === -1 ? null : whole(user?.slice(colon + 1)),
    host: unmask(bracketed ?? plain ?? ''),
    bracketed: bracketed !== undefined,
    port: whole(port),
    path: unmask(question === -1 ? behind : behind.slice(0, question)),
    query: question === -1 ? null : unmask(behind.slice(question + 1)),
  };
  if (port !== undefined && !isPort(port)) {
    return { ok: false, text: addressFault(authority.slice(at + 1), behind) };
  }
  return { ok: true, target: written };
}

/** Private use: no target holds it, as the check before has made sure. */
const REFERENCE = /\$\{[^}]*\}/g;
const MASKED = /\ue000(\d+)\ue001/g;

/** References have delimiters in them: until the target is taken apart, a number stands for each. */
function mask(text: string): { masked: string; unmask: (part: string) => string } {
  const sources: string[] = [];
  const masked = text.replace(REFERENCE, (source) => `\ue000${sources.push(source) - 1}\ue001`);
  return { masked, unmask: (part) => part.replace(MASKED, (_, index) => sources[Number(index)] ?? '') };
}

function firstFault(text: string): string | null {
  if (text === '') return 'saw an empty text, expected a target such as https://example.org';
  if (text.length > 8192) return `saw ${text.length} characters, expected at most 8192`;
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u0020\u007f-\u00a0\ue000\ue001]/.test(text.replace(REFERENCE, ''))) {
    return 'saw a space or control character in it, expected it percent-encoded (%20)';
  }
  return null;
}

function schemeFault(masked: string): string {
  if (masked.startsWith('\ue000')) {
    return 'saw a reference where the scheme belongs, expected the scheme to be written: https://${HOST}/';
  }
  const slashes = /^([A-Za-z][A-Za-z0-9+.-]*):\/?(?![\d/])/.exec(masked)?.[1];
  if (slashes !== undefined && !slashes.includes('.'))
    return `saw ${safeLine(slashes, 20)}: without //, expected ${slashes}://…`;
  return 'saw no scheme, expected one in front, such as https:// or tcp://';
}

function addressFault(address: string, behind: string): string {
  if (/^[^[\]]*:[^[\]]*:/.test(address)) {
    return 'saw more than one colon in the host, expected an IPv6 address in brackets: http://[2001:db8::1]/';
  }
  return portFault(behind);
}

function isPort(port: string): boolean {
  if (port.includes('\ue000')) return /^(?:\ue000\d+\ue001|\d+)+$/.test(port);
  return /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

function portFault(behind: string): string {
  const hint = behind.includes('@')
    ? '; a / ? or # in a password is written %2F %3F %23, or comes from ${NAME}'
    : '';
  return `saw no port number behind the host’s colon, expected 1 to 65535${hint}`;
}
