import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const CLICKHOUSE_PROGRAMS = ['clickhouse-server'];

export interface Clickhouse extends Daemon {
  /** of the native protocol; with a certificate, of that inside TLS */
  readonly port: number;
  close(): Promise<void>;
}

export interface ClickhouseSettings {
  readonly certificate?: TestCertificate;
  /** XML below yandex of config.xml */
  readonly config?: string;
}

/** Users of the server besides `default`, who needs no password. */
export const CLICKHOUSE_USER = { name: 'probe', password: 'se:cret ü' };

/** Starts clickhouse-server on free ports with data of its own. The user `limited` may run no query but one at a time. */
export async function startClickhouse({
  certificate,
  config = '',
}: ClickhouseSettings = {}): Promise<Clickhouse> {
  const temporary = temporaryDirectory('clickhouse');
  const at = (name: string) => path.join(temporary.path, name);
  const [plain, secure] = [await freePort(), await freePort()];
  mkdirSync(at('tmp'));
  const tls =
    certificate === undefined
      ? ''
      : `<tcp_port_secure>${String(secure)}</tcp_port_secure><openSSL><server><certificateFile>${certificate.cert}</certificateFile>` +
        `<privateKeyFile>${certificate.key}</privateKeyFile><verificationMode>none</verificationMode></server></openSSL>`;
  writeFileSync(
    at('config.xml'),
    `<yandex><logger><level>warning</level><console>1</console></logger><listen_host>127.0.0.1</listen_host>` +
      `<tcp_port>${String(plain)}</tcp_port>${tls}<path>${at('data/')}</path><tmp_path>${at('tmp/')}</tmp_path>` +
      `<users_config>${at('users.xml')}</users_config><default_profile>default</default_profile>` +
      `<default_database>default</default_database><mark_cache_size>5368709</mark_cache_size>${config}</yandex>`,
  );
  const hash = createHash('sha256').update(CLICKHOUSE_USER.password).digest('hex');
  const user = (name: string, password: string, profile: string) =>
    `<${name}>${password}<networks><ip>127.0.0.1</ip></networks><profile>${profile}</profile><quota>default</quota></${name}>`;
  writeFileSync(
    at('users.xml'),
    `<yandex><profiles><default><queue_max_wait_ms>50</queue_max_wait_ms></default>` +
      `<readonly><readonly>1</readonly></readonly>` +
      `<limited><max_memory_usage>1000</max_memory_usage></limited></profiles><quotas><default/></quotas><users>` +
      user('default', '<password></password>', 'default') +
      user('limited', '<password></password>', 'limited') +
      user(CLICKHOUSE_USER.name, `<password_sha256_hex>${hash}</password_sha256_hex>`, 'readonly') +
      `</users></yandex>`,
  );
  const daemon = await startDaemon({
    argv: ['clickhouse-server', `--config-file=${at('config.xml')}`],
    cwd: temporary.path,
    ready: certificate === undefined ? plain : secure,
    patience_ms: 30_000,
  });
  return {
    ...daemon,
    port: certificate === undefined ? plain : secure,
    async close() {
      daemon.signal('SIGKILL');
      await daemon.stop();
      temporary.remove();
    },
  };
}
