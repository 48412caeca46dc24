import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

const JAR = '/usr/share/java/zookeeper.jar';

/** What these tests need to be installed; a name that is nowhere stands for Debian’s package. */
export const ZOOKEEPER_PROGRAMS = ['java', ...(existsSync(JAR) ? [] : [JAR])];

export interface ZooKeeperServer extends Daemon {
  readonly port: number;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

export interface ZooKeeperStart {
  /** lines of zoo.cfg */
  readonly settings?: readonly string[];
  /** system properties of Java: `readonlymode.enabled=true` */
  readonly properties?: readonly string[];
  /** how many servers the ensemble has; this is the only one that runs. Default: standalone */
  readonly ensemble?: number;
}

/** Starts ZooKeeper on free ports of 127.0.0.1: seconds, so few are to do for a test file. */
export async function startZooKeeper(start: ZooKeeperStart = {}): Promise<ZooKeeperServer> {
  const temporary = temporaryDirectory('zookeeper');
  const port = await freePort();
  const data = path.join(temporary.path, 'data');
  mkdirSync(data);
  const lines = [
    `dataDir=${data}`,
    `clientPort=${String(port)}`,
    'clientPortAddress=127.0.0.1',
    'admin.enableServer=false',
    ...(await ensembleSettings(start.ensemble ?? 1)),
    ...(start.settings ?? []),
  ];
  const config = path.join(temporary.path, 'zoo.cfg');
  writeFileSync(config, `${lines.join('\n')}\n`);
  writeFileSync(path.join(data, 'myid'), '1\n');
  const properties = (start.properties ?? []).map((property) => `-D${property}`);
  const lean = ['-Xmx96m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...properties];
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const daemon = await startDaemon({
    argv: ['java', ...lean, '-cp', JAR, main, config],
    cwd: temporary.path,
    ready: port,
    patience_ms: 40_000,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

async function ensembleSettings(size: number): Promise<string[]> {
  if (size === 1) return ['tickTime=1000'];
  const lines = ['tickTime=3000', 'initLimit=4', 'syncLimit=2'];
  for (let id = 1; id <= size; id += 1)
    lines.push(`server.${String(id)}=127.0.0.1:${String(await freePort())}:${String(await freePort())}`);
  return lines;
}
