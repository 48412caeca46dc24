import { fail } from '../../prober.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { HeaderList } from './header-list.ts';

/** Status line and header fields of an answer. */
export interface ResponseHead {
  /** `1.0`, `1.1`, `2` */
  readonly version: string;
  readonly status: number;
  readonly headers: HeaderList;
}

const MOST_FIELDS = 1000;
const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: |$)/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads a head of HTTP/1 (RFC 9112 §4, §5), its empty line left out. Throws a Fault for what is none. */
export function parseHead(bytes: Buffer): ResponseHead {
  const [statusLine = '', ...lines] = textOf(bytes).split('\n').map(withoutCr);
  const match = STATUS_LINE.exec(statusLine);
  const [, version, status] = match ?? [];
  if (version === undefined || status === undefined) {
    return wrong(`the status line is "${safeLine(statusLine, 60)}", expected HTTP/1.1 and a code`);
  }
  return { version, status: Number(status), headers: parseFields(unfold(lines)) };
}

function parseFields(lines: readonly string[]): HeaderList {
  if (lines.length > MOST_FIELDS) {
    fail(
      'too_large',
      'protocol',
      `the answer has ${String(lines.length)} header fields, expected at most ${String(MOST_FIELDS)}`,
    );
  }
  return lines.map((line) => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    if (!FIELD_NAME.test(name))
      return wrong(`the header line "${safeLine(line, 60)}" is none, expected NAME: VALUE`);
    const value = line.slice(colon + 1).trim();
    if (/[\0\r]/.test(value)) return wrong(`the header field ${name} holds a control character`);
    return [name.toLowerCase(), value] as const;
  });
}

/** Lines that begin with a blank belong to the one before (obsolete, but to be understood: RFC 9112 §5.2). */
function unfold(lines: readonly string[]): string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    const last = unfolded.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) unfolded[unfolded.length - 1] = `${last} ${line.trim()}`;
    else unfolded.push(line);
  }
  return unfolded;
}

/** UTF-8 where it is that, else Latin-1. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function wrong(text: string): never {
  return fail('protocol', 'protocol', text);
}
