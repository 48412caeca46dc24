import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { showReply } from '../../wire/status-reply.ts';
import { type Session, ask, isUnknown, refuse } from './reply.ts';

/**
 * Opens the second connection, which a listing comes over: always to the address of the first one, whatever the server says.
 * Source: RFC 2428 §3, RFC 959 §4.1.2.
 */
export async function openDataConnection(session: Session): Promise<Conversation> {
  const { conversation, context } = session;
  const { address } = conversation;
  if (address === null) throw new Error('FTP is spoken over TCP');
  const port = await askForPort(session, address.family);
  try {
    return await context.dial({ to: { ...address, port } });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, text } = error.finding;
    return fail(code, 'connect', `the connection for the listing fails (passive ports open?): ${text}`);
  }
}

async function askForPort(session: Session, family: 4 | 6): Promise<number> {
  const extended = await ask(session, 'EPSV');
  if (extended.code === 229) {
    // The delimiter is usually a bar, but may be another character.
    const [, , port] = /\(([!-~])\1\1(\d{1,5})\1\)/.exec(textOf(extended)) ?? [];
    return checkPort(session, port === undefined ? null : Number(port), extended);
  }
  if (family === 6 || !(isUnknown(extended) || extended.code === 522 || extended.code === 550))
    refuse(session, extended, 'offers no passive connection (EPSV)');
  const passive = await ask(session, 'PASV');
  if (passive.code !== 227) refuse(session, passive, 'offers no passive connection (PASV)');
  const [, high, low] = /\d{1,3},\d{1,3},\d{1,3},\d{1,3},(\d{1,3}),(\d{1,3})/.exec(textOf(passive)) ?? [];
  return checkPort(session, high === undefined ? null : Number(high) * 256 + Number(low), passive);
}

function textOf({ lines }: { readonly lines: readonly string[] }): string {
  return lines.join(' ').slice(0, 512);
}

function checkPort(
  { conversation }: Session,
  port: number | null,
  reply: Parameters<typeof showReply>[0],
): number {
  if (port !== null && port >= 1 && port <= 65_535) return port;
  const got = showReply(reply);
  return fail('protocol', 'protocol', `${conversation.peer} names no port for the listing: ${got}`, { got });
}
