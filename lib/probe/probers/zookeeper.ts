import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Prober, type Target } from '../prober.ts';
import { credentialsOf } from '../wire/sasl.ts';
import { askServer } from './zookeeper/srvr.ts';
import { type Visit, visit } from './zookeeper/visit.ts';
import { ZOOKEEPER_CODES, ZOOKEEPER_FACTS, zookeeperDefaults } from './zookeeper/zookeeper-facts.ts';

const PORT = 2181;

export const zookeeper: Prober<object, typeof ZOOKEEPER_FACTS> = {
  type: 'zookeeper',
  proves:
    'It serves (its ensemble has a quorum), opens a session, which it writes down on a majority of its servers, has the node that the path names, and closes the session. Two connections: one for `srvr`, one for the session; where it does not serve, only the first.',
  schemes: [
    { scheme: 'zookeeper', port: PORT, shape: 'path' },
    { scheme: 'zookeepers', port: 2281, tls: true, shape: 'path' },
  ],
  example: 'zookeeper://zk1.example.org/brokers/ids',
  options: {},
  facts: ZOOKEEPER_FACTS,
  codes: ZOOKEEPER_CODES,
  proxy: true,
  defaults: (_options, scheme) => zookeeperDefaults(scheme),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected zookeeper://HOST/NODE');
    const plan: Visit = { path: nodeOf(target), credentials: credentialsOf(target) };
    const direct = target.scheme === 'zookeepers';
    const dialOptions = direct ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? (direct ? 2281 : PORT) },
      async run(context) {
        const serving = await askServer(await context.dial(dialOptions), context);
        if (serving) await visit(await context.dial(dialOptions), context, plan);
      },
    };
  },
};

// eslint-disable-next-line no-control-regex -- these are what no node may have in its name
const CONTROL = /[\u0000-\u001f\u007f]/;

/** `/` without one. Source of the rules: zookeeper.apache.org, Programmer’s Guide, The ZooKeeper Data Model. */
function nodeOf({ path }: Target): string {
  if (path === '' || path === `/${PLACEHOLDER}`) return path === '' ? '/' : path;
  const node = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const parts = node.slice(1).split('/');
  const sound =
    node === '/' ||
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && !CONTROL.test(part));
  if (sound && Buffer.byteLength(node) <= 4096) return node;
  throw new InvalidOptions(
    'target',
    `saw the path "${safeLine(path, 60)}", expected a node such as /brokers/ids`,
  );
}
