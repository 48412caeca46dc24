import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

const run = promisify(execFile);

/** What these tests need to be installed. */
export const RABBITMQ_PROGRAMS = ['rabbitmq-server', 'erl', 'erl_call', 'epmd'];

const COOKIE = 'puptimetest';

/** Its users: `probe` may do everything in the virtual host `/`, `bystander` may do nothing anywhere. */
export const RABBITMQ_PASSWORD = 'se cret%';

export interface RabbitMq extends Daemon {
  /** of AMQP */
  readonly port: number;
  /** of AMQP over TLS; nothing listens there unless it was started with a certificate */
  readonly tlsPort: number;
  /** of STOMP, with that plugin */
  readonly stompPort: number;
  /** of MQTT, with that plugin */
  readonly mqttPort: number;
  /** Evaluates Erlang in the server, which is much quicker than rabbitmqctl; gives what it returns. */
  evaluate(erlang: string): Promise<string>;
  /** From now on it shows this certificate. */
  show(certificate: TestCertificate): Promise<void>;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

export interface RabbitMqStart {
  readonly plugins?: readonly ('stomp' | 'mqtt')[];
  /** lines of rabbitmq.conf */
  readonly settings?: { readonly [name: string]: string };
  /** beside the default ones, in the form of its definitions file: vhosts, queues, permissions … */
  readonly definitions?: { readonly [section: string]: readonly object[] };
  readonly certificate?: TestCertificate;
}

/**
 * Starts RabbitMQ with a configuration, database and ports of its own, and an epmd of its own: seconds, so one is to do
 * for a test file.
 */
export async function startRabbitMq(start: RabbitMqStart = {}): Promise<RabbitMq> {
  const temporary = temporaryDirectory('rabbitmq');
  const directory = temporary.path;
  const ports = await freePorts();
  if (start.certificate !== undefined) install(directory, start.certificate);
  const lines = Object.entries(settingsOf(start, directory, ports)).map(
    ([name, value]) => `${name} = ${value}\n`,
  );
  const plugins = (start.plugins ?? []).map((plugin) => `rabbitmq_${plugin}`);
  const write = (name: string, text: string) =>
    writeFileSync(path.join(directory, name), text, { mode: 0o400 });
  write('rabbitmq.conf', lines.join(''));
  write('enabled_plugins', `[${plugins.join(',')}].`);
  write('definitions.json', JSON.stringify(definitionsOf(start)));
  write('.erlang.cookie', COOKIE);
  const node = `probe${String(ports.port)}@localhost`;
  const env = environmentOf(node, directory, ports);
  const epmd = await startDaemon({ argv: ['epmd', '-port', String(ports.epmd)], env, ready: ports.epmd });
  // Not the script in /usr/sbin, which changes to another user and directory.
  const daemon = await startDaemon({
    argv: ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
    cwd: directory,
    env,
    ready: (printed) => printed.includes('completed with'),
    patience_ms: 180_000,
  });
  const stop = async () => {
    await daemon.stop();
    await epmd.stop();
    temporary.remove();
  };
  const evaluate = async (erlang: string) => {
    const argv = ['-name', node, '-c', COOKIE, '-e'];
    const call = run(findProgram('erl_call') ?? '', argv, { env: { ...process.env, ...env } });
    call.child.stdin?.end(`${erlang}.\n`);
    const { stdout } = await call;
    if (!stdout.startsWith('{ok')) throw new Error(`${erlang}: ${stdout}`);
    return stdout;
  };
  return {
    ...daemon,
    ...ports,
    stop,
    close: stop,
    evaluate,
    async show(certificate) {
      install(directory, certificate);
      await evaluate('ssl:clear_pem_cache()');
    },
  };
}

interface Ports {
  readonly port: number;
  readonly tlsPort: number;
  readonly stompPort: number;
  readonly mqttPort: number;
  readonly epmd: number;
  readonly distribution: number;
}

async function freePorts(): Promise<Ports> {
  return {
    port: await freePort(),
    tlsPort: await freePort(),
    stompPort: await freePort(),
    mqttPort: await freePort(),
    epmd: await freePort(),
    distribution: await freePort(),
  };
}

function install(directory: string, { cert, key }: TestCertificate): void {
  copyFileSync(cert, path.join(directory, 'cert.pem'));
  copyFileSync(key, path.join(directory, 'key.pem'));
}

function settingsOf(
  { plugins = [], certificate, settings }: RabbitMqStart,
  directory: string,
  ports: Ports,
): { readonly [name: string]: string } {
  const at = (port: number) => `127.0.0.1:${String(port)}`;
  const tls = {
    'listeners.ssl.1': at(ports.tlsPort),
    'ssl_options.certfile': path.join(directory, 'cert.pem'),
    'ssl_options.keyfile': path.join(directory, 'key.pem'),
  };
  return {
    'listeners.tcp.1': at(ports.port),
    loopback_users: 'none',
    load_definitions: path.join(directory, 'definitions.json'),
    'disk_free_limit.absolute': '1MB',
    'vm_memory_high_watermark.absolute': '4GB',
    'log.file': 'false',
    'log.console': 'true',
    'log.console.level': 'warning',
    ...(plugins.includes('stomp') ? { 'stomp.listeners.tcp.1': at(ports.stompPort) } : {}),
    ...(plugins.includes('mqtt') ? { 'mqtt.listeners.tcp.1': at(ports.mqttPort) } : {}),
    ...(certificate === undefined ? {} : tls),
    ...settings,
  };
}

/** Where it would look in the system’s directories, it looks in this one; no port is a usual one. */
function environmentOf(node: string, directory: string, ports: Ports): { readonly [name: string]: string } {
  const at = (name: string) => path.join(directory, name);
  return {
    HOME: directory,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: at('none'),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_PID_FILE: at('pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: at('feature_flags'),
    RABBITMQ_GENERATED_CONFIG_DIR: at('config'),
    // its schedulers must not spin while they wait
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

function definitionsOf({ definitions = {} }: RabbitMqStart): object {
  const rights = { vhost: '/', configure: '.*', write: '.*', read: '.*' };
  const own: { readonly [section: string]: readonly object[] } = {
    users: [
      { name: 'probe', password_hash: hashOf(RABBITMQ_PASSWORD), tags: 'administrator' },
      { name: 'bystander', password_hash: hashOf(RABBITMQ_PASSWORD), tags: '' },
    ],
    vhosts: [{ name: '/' }],
    permissions: [{ user: 'probe', ...rights }],
    queues: [],
    exchanges: [],
    bindings: [],
  };
  const sections = Object.entries(own).map(
    ([section, entries]) => [section, [...entries, ...(definitions[section] ?? [])]] as const,
  );
  return { rabbit_version: '3.10.8', ...Object.fromEntries(sections) };
}

/** rabbit_password_hashing_sha256: a salt of four bytes and the hash of it with the password. */
function hashOf(password: string): string {
  const salt = Buffer.from('salt');
  const hash = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, hash]).toString('base64');
}
