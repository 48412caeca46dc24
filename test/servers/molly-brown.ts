import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const MOLLY_BROWN_PROGRAMS = ['molly-brown'];

export interface MollyBrown extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the Gemini server molly-brown for `localhost`: `/` is a document, `/moved` a redirect, `/club/` wants a certificate. */
export async function startMollyBrown({ cert, key }: TestCertificate): Promise<MollyBrown> {
  const temporary = temporaryDirectory('molly-brown');
  const at = (name: string) => path.join(temporary.path, name);
  chmodSync(temporary.path, 0o755);
  mkdirSync(at('docs'));
  writeFileSync(at('docs/index.gmi'), '# Hello there\n\nA document.\n');
  const port = await freePort();
  writeFileSync(
    at('molly.conf'),
    [
      `Port = ${String(port)}`,
      'Hostname = "localhost"',
      `CertPath = "${cert}"`,
      `KeyPath = "${key}"`,
      `DocBase = "${at('docs')}"`,
      'AccessLog = "-"',
      'ErrorLog = "-"',
      '[TempRedirects]',
      '"^/moved$" = "/"',
      '[CertificateZones]',
      `"^/club/" = ["${'0'.repeat(64)}"]`,
      '',
    ].join('\n'),
  );
  const daemon = await startDaemon({ argv: ['molly-brown', '-c', at('molly.conf')], ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
