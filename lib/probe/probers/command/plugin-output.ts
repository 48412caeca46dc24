/** What a Nagios plugin printed: text for people, and performance data. */
export interface PluginOutput {
  /** the first line and the long text below it */
  readonly text: string;
  readonly perfdata: string;
}

/**
 * First line: TEXT | PERFDATA. Below it long text, until a line with another `|`: from there on all is performance
 * data. Source: Nagios Plugin API, “Plugin Output Spec”.
 */
export function splitPluginOutput(output: string): PluginOutput {
  const [first = '', ...below] = output.split('\n');
  const [headline, data] = splitAtPipe(first);
  const text = [headline];
  const perfdata = [data];
  let inText = true;
  for (const line of below) {
    if (!inText) {
      perfdata.push(line);
      continue;
    }
    const [before, after] = splitAtPipe(line);
    text.push(before);
    if (line.includes('|')) {
      inText = false;
      perfdata.push(after);
    }
  }
  return { text: text.join('\n').trimEnd(), perfdata: perfdata.join(' ').trim() };
}

function splitAtPipe(line: string): readonly [before: string, after: string] {
  const at = line.indexOf('|');
  return at === -1 ? [line, ''] : [line.slice(0, at).trimEnd(), line.slice(at + 1)];
}
