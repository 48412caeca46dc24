import { createCipheriv } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const XVNC_PROGRAMS = ['Xtigervnc'];

export interface Xvnc extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts TigerVNC’s Xvnc on a free port of 127.0.0.1, with a password, or open to all. `more` are arguments. */
export async function startXvnc(password: string | null, more: readonly string[] = []): Promise<Xvnc> {
  const temporary = temporaryDirectory('xvnc');
  const port = await freePort();
  const file = `${temporary.path}/passwd`;
  if (password !== null) writeFileSync(file, obscured(password), { mode: 0o600 });
  const daemon = await startDaemon({
    argv: [
      'Xtigervnc',
      ...['-displayfd', '1', '-rfbport', String(port), '-interface', '127.0.0.1', '-desktop', 'the desk'],
      ...['-geometry', '640x480', '-depth', '16', '-nolisten', 'tcp', '-noreset', '-NeverShared=0'],
      ...(password === null
        ? ['-SecurityTypes', 'None']
        : ['-SecurityTypes', 'VncAuth', '-PasswordFile', file]),
      ...more,
    ],
    env: { HOME: temporary.path },
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

/** As vncpasswd writes it: DES with the key that everybody knows, its bytes turned around. */
function obscured(password: string): Buffer {
  const key = Buffer.from('e84ad660c4721ae0', 'hex');
  const padded = Buffer.alloc(8);
  padded.write(password.slice(0, 8), 'latin1');
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]);
}
