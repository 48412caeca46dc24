import { existsSync, readFileSync } from 'node:fs';

/** What the recording hook wrote when it began, as far as its environment and its file told it. */
export interface HookStart {
  readonly mark: 'start';
  readonly pid: string;
  /** `down`, without on_ */
  readonly event: string;
  readonly id: string;
  /** empty outside of an incident */
  readonly incident: string;
  readonly service: string;
  readonly attempt: number;
  /** false: PUPTIME_DURABLE=0 */
  readonly durable: boolean;
  readonly status: string;
  /** which of several hooks for one event it is; `all` when there is one */
  readonly lane: string;
  /** `whole`: the file was there and was this event’s */
  readonly file: string;
}

/** What it wrote as its last act. A hook that was killed has none. */
export interface HookEnd {
  readonly mark: 'end';
  readonly pid: string;
  readonly event: string;
  readonly id: string;
  readonly service: string;
  readonly attempt: number;
  readonly lane: string;
  readonly code: number;
}

export type HookMark = HookStart | HookEnd;

/**
 * A hook that appends one line when it begins and one when it ends (O_APPEND), and does `body` in between, whose exit
 * code is its own. It starts no process of its own unless `body` does.
 */
export function recordingHook(log: string, lane: string, body: string): string {
  return `#!/bin/sh
read -r line < "$1"
case $line in *"\\"id\\":\\"$PUPTIME_EVENT_ID\\""*) file=whole ;; *) file=damaged ;; esac
me="$$ $PUPTIME_EVENT $PUPTIME_EVENT_ID $PUPTIME_SERVICE $PUPTIME_ATTEMPT ${lane}"
echo "start $me \${PUPTIME_INCIDENT_ID:--} $PUPTIME_DURABLE $PUPTIME_STATUS $file" >> '${log}'
${body === '' ? 'true' : `(\n${body}\n)`}
code=$?
echo "end $me $code" >> '${log}'
exit $code
`;
}

/** In the order in which they were written; none when no hook has run. Throws at a line that no hook writes. */
export function readHookLog(log: string): readonly HookMark[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map(parseMark);
}

function parseMark(line: string): HookMark {
  const [mark, pid, event, id, service, attempt, lane, ...rest] = line.split(' ');
  const [first, durable, status, file] = rest;
  if (pid === undefined || event === undefined || id === undefined || service === undefined)
    throw new Error(`no line of a recording hook: ${line}`);
  const shared = { pid, event, id, service, attempt: Number(attempt), lane: lane ?? '' };
  if (mark === 'end' && first !== undefined) return { mark, ...shared, code: Number(first) };
  if (mark !== 'start' || first === undefined || status === undefined || file === undefined)
    throw new Error(`no line of a recording hook: ${line}`);
  return { mark, ...shared, incident: first === '-' ? '' : first, durable: durable === '1', status, file };
}
