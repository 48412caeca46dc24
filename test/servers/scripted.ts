import type { Socket } from 'node:net';
import { type Peer, listen } from '../contract/misbehaving-server.ts';

/**
 * What a little server of lines says: `greeting` at once (empty: nothing), and to a line that begins with a key, its answer.
 * An answer of the empty key goes to all other lines. A tag of IMAP before a command counts for nothing, and is put where
 * an answer says `TAG`.
 */
export type Script = { readonly [command: string]: string };

export interface ScriptedServer extends Peer {
  /** the lines that it was told, without tags */
  readonly heard: string[];
}

/** Starts a server that follows a script on a free port of 127.0.0.1. */
export async function startScripted(script: Script): Promise<ScriptedServer> {
  const heard: string[] = [];
  const peer = await listen((socket) => follow(socket, script, heard));
  return { ...peer, heard };
}

function follow(socket: Socket, script: Script, heard: string[]): void {
  if (script['greeting'] !== undefined && script['greeting'] !== '') socket.write(script['greeting']);
  let unread = '';
  socket.on('data', (data) => {
    const lines = (unread + data.toString()).split('\r\n');
    unread = lines.pop() ?? '';
    for (const line of lines) {
      const [, tag = '', command = ''] = /^(a\d+ )?(.*)$/s.exec(line) ?? [];
      heard.push(command);
      const key = Object.keys(script).find((one) => one !== '' && command.startsWith(one)) ?? '';
      socket.write((script[key] ?? '').replaceAll('TAG', tag.trim()));
    }
  });
}
