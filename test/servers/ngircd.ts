import { chmodSync, chownSync, cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const NGIRCD_PROGRAMS = ['ngircd'];

export interface Ngircd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

export interface NgircdStart {
  /** lines of its part [Global] and [Limits] */
  readonly global?: { readonly [name: string]: string };
  readonly limits?: { readonly [name: string]: string };
  /** TLS from the first byte with this certificate, and nothing in the clear */
  readonly certificate?: TestCertificate;
}

/** Starts ngircd on a free port of 127.0.0.1 as irc.example.org of the network ExampleNet. */
export async function startNgircd({ global, limits, certificate }: NgircdStart = {}): Promise<Ngircd> {
  const temporary = temporaryDirectory('ngircd');
  const at = (name: string) => path.join(temporary.path, name);
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  if (certificate !== undefined) {
    // Read after it has given up its rights.
    chmodSync(temporary.path, 0o755);
    for (const [from, to] of [
      [certificate.cert, 'cert.pem'],
      [certificate.key, 'key.pem'],
    ] as const) {
      cpSync(from, at(to));
      chmodSync(at(to), 0o644);
      if (isRoot) chownSync(at(to), 65_534, 65_534);
    }
  }
  const sections = {
    Global: {
      Name: 'irc.example.org',
      AdminEMail: 'irc@example.org',
      Info: 'test',
      Listen: '127.0.0.1',
      Network: 'ExampleNet',
      MotdPhrase: 'Welcome.',
      // Another one than root, whom it refuses to stay.
      ...(isRoot ? { ServerUID: '65534', ServerGID: '65534' } : {}),
      ...(certificate === undefined ? { Ports: String(port) } : { Ports: String(await freePort()) }),
      ...global,
    },
    Limits: { MaxConnections: '50', MaxConnectionsIP: '0', MaxPenaltyTime: '0', ...limits },
    Options: { DNS: 'no', Ident: 'no', PAM: 'no', SyslogFacility: 'local1' },
    ...(certificate === undefined
      ? {}
      : { SSL: { CertFile: at('cert.pem'), KeyFile: at('key.pem'), Ports: String(port) } }),
  };
  writeFileSync(
    at('ngircd.conf'),
    Object.entries(sections)
      .map(([name, lines]) => `[${name}]\n${linesOf(lines)}`)
      .join(''),
  );
  chmodSync(at('ngircd.conf'), 0o644);
  const daemon = await startDaemon({ argv: ['ngircd', '-n', '-f', at('ngircd.conf')], ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

function linesOf(lines: { readonly [name: string]: string }): string {
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
