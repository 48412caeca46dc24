/** facility user (1), severity informational (6) */
const PRIORITY = 14;

/** One message of puptime’s. Source: RFC 5424 §6. `time`: ms since 1970. */
export function encodeMessage(text: string, time: number): Buffer {
  const head = `<${String(PRIORITY)}>1 ${new Date(time).toISOString()} - puptime - - -`;
  return Buffer.from(`${head} ${text}`, 'utf8');
}

/** Its length in front, as a stream needs it. Source: RFC 6587 §3.4.1, RFC 5425 §4.3.1. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${String(message.length)} `), message]);
}
