import { styleText } from 'node:util';
import type { Status } from '../words/status.ts';

const COLOURS = { up: 'green', degraded: 'yellow', down: 'red', unknown: 'gray' } as const satisfies Record<
  Status,
  string
>;

// The caller has decided about colour; styleText would ask stdout again.
const ANYWHERE = { validateStream: false } as const;

/** Text in the colour of a status; as it is where colour is off. The text must be safe already. */
export function paint(text: string, status: Status, color: boolean): string {
  return color ? styleText(COLOURS[status], text, ANYWHERE) : text;
}

/** Text that matters less. */
export function dim(text: string, color: boolean): string {
  return color && text !== '' ? styleText('dim', text, ANYWHERE) : text;
}
