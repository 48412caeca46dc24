import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';

export interface Mail {
  readonly recipients: readonly string[];
  /** as sent, line ends as LF */
  readonly headers: string;
  readonly body: string;
}

export interface SmtpSink {
  readonly mails: readonly Mail[];
  /** every command line that it got */
  readonly commands: readonly string[];
  readonly port: number;
  close(): Promise<void>;
}

/** An SMTP server that keeps what it gets (RFC 5321). */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: Mail[] = [];
  const commands: string[] = [];
  const server = createServer((socket) => converse(socket, mails, commands)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  return { mails, commands, port: address.port, close };
}

function converse(socket: Socket, mails: Mail[], commands: string[]): void {
  let unread = '';
  let recipients: string[] = [];
  let message: string[] | null = null;
  const takeLine = (line: string): string => {
    if (message !== null) {
      if (line !== '.') {
        message.push(line.startsWith('.') ? line.slice(1) : line);
        return '';
      }
      const [headers = '', ...body] = message.join('\n').split('\n\n');
      mails.push({ recipients, headers, body: body.join('\n\n') });
      [recipients, message] = [[], null];
      return '250 kept';
    }
    commands.push(line);
    const [verb = ''] = line.toUpperCase().split(/[ :]/);
    if (verb === 'RCPT') recipients = [...recipients, line.replace(/^[^<]*<|>.*$/g, '')];
    if (verb === 'DATA') message = [];
    return { EHLO: '250 sink', DATA: '354 go on', QUIT: '221 bye' }[verb] ?? '250 ok';
  };
  socket.setEncoding('utf8').on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (unread + text).split('\r\n');
    unread = lines.pop() ?? '';
    for (const line of lines) {
      const answer = takeLine(line);
      if (answer !== '') socket.write(`${answer}\r\n`);
    }
  });
  socket.write('220 sink ESMTP\r\n');
}

/**
 * A `sendmail` in `directory` that hands its message to the sink over SMTP, as a relay-only mailer does; the port is in
 * $SINK_PORT. It knows the words that the examples use and refuses any other.
 */
export function writeSendmail(directory: string): void {
  const file = path.join(directory, 'sendmail');
  writeFileSync(file, SENDMAIL);
  chmodSync(file, 0o755);
}

const SENDMAIL = `#!/bin/sh
[ $# = 3 ] && [ "$1 $2" = '-i --' ] || { echo 'usage: sendmail -i -- RECIPIENT' >&2; exit 64; }
exec curl -sS -m 5 --crlf --mail-from puptime@localhost --mail-rcpt "$3" -T - "smtp://127.0.0.1:$SINK_PORT"
`;
