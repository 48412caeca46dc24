// JSON.stringify leaves these raw, though a terminal or a line reader acts on them: DEL and C1 controls, line and
// paragraph separators, bidirectional controls, invisible characters.
const ACTED_ON = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A value as one line of NDJSON with its line end: nothing in it can move a cursor or break the line. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value).replace(ACTED_ON, escape)}\n`;
}

/** The same over several lines, for people. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2).replace(ACTED_ON, escape)}\n`;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
