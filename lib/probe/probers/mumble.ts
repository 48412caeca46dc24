import { randomBytes } from 'node:crypto';
import type { FactTable, FactsOf } from '../../words/fact.ts';
import { InvalidOptions, type Prober, fail } from '../prober.ts';
import { readBytes } from '../wire/bytes.ts';
import type { Datagrams } from '../wire/datagrams.ts';
import { explainSilence } from '../wire/silence.ts';

const PORT = 64738;
const LENGTH = 24;
/** Answers to other pings that are passed over. */
const MOST_STRANGERS = 100;

const FACTS = {
  version: { kind: 'word', meaning: 'version of the server, "1.3.4"' },
  users: { kind: 'number', meaning: 'users that are there now' },
  max_users: { kind: 'number', meaning: 'users that it has room for' },
  free: { kind: 'number', code: 'overloaded', meaning: 'users that it still has room for' },
  bandwidth: { kind: 'number', meaning: 'what a user may send at most, in bits a second' },
} as const satisfies FactTable;

export const mumble: Prober<object, typeof FACTS> = {
  type: 'mumble',
  proves:
    'It answers a ping over UDP, which carries the voices too, with its version and how many users it has. One question, one answer; nobody is seen to come. Degraded when it is full. For its certificate add a service with `tls://HOST:64738`.',
  schemes: [{ scheme: 'mumble', port: PORT, shape: 'host' }],
  example: 'mumble://voice.example.org',
  options: {},
  facts: FACTS,
  codes: {
    overloaded: 'it is full: the next user is turned away',
    timeout:
      'no answer: it is frozen, a firewall drops UDP, or it is set up to ignore pings (allowping=false)',
  },
  defaults: () => ({ prefer: { free: '>= 1' } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected mumble://HOST');
    if (target.username !== null || target.password !== null)
      throw new InvalidOptions('target', 'nobody logs in here, expected mumble://HOST');
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const datagrams = await context.datagrams();
        const nonce = randomBytes(8);
        await datagrams.send(Buffer.concat([Buffer.alloc(4), nonce]));
        context.see(await answerTo(datagrams, nonce));
      },
    };
  },
};

/** Source: Mumble protocol, “UDP ping packet”: the version, what was sent, users, most users, bits a second. */
async function answerTo(datagrams: Datagrams, nonce: Buffer): Promise<FactsOf<typeof FACTS>> {
  const silence = explainSilence('a server that is set up to ignore pings looks the same');
  for (let strangers = 0; strangers < MOST_STRANGERS; strangers += 1) {
    const datagram = await datagrams.receive().catch(silence);
    if (datagram.length !== LENGTH) return broken(datagrams, `${String(datagram.length)} bytes`);
    const bytes = readBytes(datagram, () => broken(datagrams, 'an answer that ends early'));
    const [major, minor, patch] = [bytes.u16(), bytes.u8(), bytes.u8()];
    if (!bytes.bytes(8).equals(nonce)) continue;
    const [users, most, bandwidth] = [bytes.u32(), bytes.u32(), bytes.u32()];
    return {
      version: [major, minor, patch].join('.'),
      users,
      max_users: most,
      free: Math.max(0, most - users),
      bandwidth,
    };
  }
  return broken(datagrams, `${String(MOST_STRANGERS)} answers, none of them to what was asked`);
}

function broken({ peer }: Datagrams, got: string): never {
  return fail('protocol', 'protocol', `${peer} does not speak Mumble: it sent ${got}`, {
    expected: `an answer to a ping, ${String(LENGTH)} bytes`,
    got,
  });
}
