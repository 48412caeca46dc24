import { cpSync, writeFileSync } from 'node:fs';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const XRDP_PROGRAMS = ['xrdp'];
/** It writes its process id where only root may. */
export const isRoot = process.getuid?.() === 0;

export interface Xrdp extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts xrdp on a free port of 127.0.0.1. `security` is its security_layer. */
export async function startXrdp(
  security: 'tls' | 'rdp' | 'negotiate',
  certificate: TestCertificate | null,
): Promise<Xrdp> {
  const temporary = temporaryDirectory('xrdp');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  if (certificate !== null) {
    cpSync(certificate.cert, at('cert.pem'));
    cpSync(certificate.key, at('key.pem'));
  }
  const config = [
    '[Globals]',
    'ini_version=1',
    'fork=true',
    `port=tcp://127.0.0.1:${String(port)}`,
    `security_layer=${security}`,
    'crypt_level=high',
    `certificate=${at('cert.pem')}`,
    `key_file=${at('key.pem')}`,
    'ssl_protocols=TLSv1.2, TLSv1.3',
    'max_bpp=32',
    '[Logging]',
    `LogFile=${at('log')}`,
    'LogLevel=INFO',
    'EnableSyslog=false',
    '[Xorg]',
    'name=Xorg',
    'lib=libxup.so',
  ];
  writeFileSync(at('xrdp.ini'), config.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon({ argv: ['xrdp', '--nodaemon', '--config', at('xrdp.ini')], ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
