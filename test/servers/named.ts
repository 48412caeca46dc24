import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';
import type { TestCertificate } from './certificates.ts';

export interface Named {
  /** UDP and TCP */
  readonly port: number;
  /** DNS over TLS and over HTTPS; only with a certificate */
  readonly tlsPort: number;
  readonly httpsPort: number;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** BIND with these zones, each as the text of its zone file. It answers nothing else (REFUSED). */
export async function startNamed(
  zones: { readonly [name: string]: string },
  certificate: TestCertificate | null = null,
): Promise<Named> {
  const directory = temporaryDirectory('named');
  const [port, tlsPort, httpsPort] = [await freePort(), await freePort(), await freePort()];
  for (const [zone, text] of Object.entries(zones))
    writeFileSync(path.join(directory.path, `${zone}.zone`), text);
  const secure =
    certificate === null
      ? []
      : [
          `listen-on port ${String(tlsPort)} tls own { 127.0.0.1; };`,
          `listen-on port ${String(httpsPort)} tls own http default { 127.0.0.1; };`,
        ];
  const lines = [
    ...(certificate === null
      ? []
      : [`tls own { cert-file "${certificate.cert}"; key-file "${certificate.key}"; };`]),
    'options {',
    `directory "${directory.path}";`,
    'pid-file none; session-keyfile none; recursion no; dnssec-validation no; notify no; minimal-responses no;',
    `listen-on port ${String(port)} { 127.0.0.1; }; listen-on-v6 { none; };`,
    ...secure,
    '};',
    'controls { };',
    ...Object.keys(zones).map(
      (zone) => `zone "${zone}" { type primary; file "${zone}.zone"; check-names ignore; };`,
    ),
  ];
  const config = path.join(directory.path, 'named.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const daemon = await startDaemon({
    argv: ['named', '-g', '-4', '-n', '1', '-c', config],
    ready: (output) => / running\n/.test(output),
  });
  return {
    port,
    tlsPort,
    httpsPort,
    daemon,
    async stop() {
      await daemon.stop();
      directory.remove();
    },
  };
}

/** The zone file, signed so that its signatures end then. */
export function signZone(zone: string, text: string, end: Date): string {
  const directory = temporaryDirectory('signed');
  const run = (program: string, ...argv: string[]) =>
    execFileSync(findProgram(program) ?? program, argv, {
      cwd: directory.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const stamp = (time: number) => new Date(time).toISOString().replace(/\D/g, '').slice(0, 14);
  writeFileSync(path.join(directory.path, 'zone'), text);
  run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone);
  run('dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', zone);
  const [start, ends] = [stamp(end.getTime() - 30 * 86_400_000), stamp(end.getTime())];
  // Signatures that have expired are what is wanted, so it must not check them.
  run('dnssec-signzone', '-P', '-S', '-o', zone, '-s', start, '-e', ends, '-f', 'signed', 'zone');
  const signed = readFileSync(path.join(directory.path, 'signed'), 'utf8');
  directory.remove();
  return signed;
}
