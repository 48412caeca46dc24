import { randomBytes } from 'node:crypto';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Prober, type Target, fail } from '../prober.ts';
import type { Datagrams } from '../wire/datagrams.ts';
import { NTP_FACTS, ntpFacts } from './ntp/ntp-facts.ts';
import { type NtpKey, type NtpPacket, encodeQuestion, isSignedBy, readPacket } from './ntp/packet.ts';

const PORT = 123;
const SERVER = 4;
/** Answers to other questions that are passed over. */
const MOST_STRANGERS = 100;

interface NtpOptions {
  readonly key_type?: NtpKey['hash'];
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  key_type: {
    enum: ['md5', 'sha1', 'sha256'],
    description:
      'how the answer is signed, with a key in the target, ntp://KEY_ID:KEY@HOST (default md5); sha256 is cut to 20 bytes, as NTPv4 wants it',
  },
};

export const ntp: Prober<NtpOptions, typeof NTP_FACTS> = {
  type: 'ntp',
  proves:
    'The server answers with time, and says that its own clock is set; with a key in the target, the answer is signed with that key. One question, one answer. Degraded when its clock and that of the host that runs puptime differ by more than a second: one of the two is wrong.',
  schemes: [{ scheme: 'ntp', port: PORT, shape: 'host' }],
  example: 'ntp://time.example.org',
  options: OPTIONS,
  facts: NTP_FACTS,
  codes: {
    status:
      'it answers, but has no time to give: it is not synchronized, or refuses this host (kiss DENY, RSTR). See what it follows (chronyc sources, ntpq -p)',
    overloaded: 'kiss RATE: this host, or its network, asks too often; ask less often',
    auth: 'with a key: the server does not have it, or its answer is not signed with it',
    mismatch: 'its clock and ours differ: compare both with a third',
  },
  defaults: () => ({
    expect: { kiss: { exists: false }, synchronized: true },
    prefer: { offset_ms: { any_of: [{ min: -1000, max: 1000 }, { exists: false }] } },
  }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected ntp://HOST');
    const key = keyOf(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const datagrams = await context.datagrams();
        const nonce = randomBytes(8).readBigUInt64BE();
        const left_ms = context.remaining_ms();
        await datagrams.send(encodeQuestion(nonce, key));
        const packet = await answerTo(datagrams, nonce, key);
        // What passed is told by a clock that nobody sets; the wall clock is read once, for it may jump between.
        const elapsed_ms = left_ms - context.remaining_ms();
        context.see(ntpFacts(packet, { received: context.now(), elapsed_ms }));
      },
    };
  },
};

/** `ntp://12:secret@host`; what chrony and ntpd call a key in hex is `HEX:…` there, and here. */
function keyOf({ username, password }: Target, { key_type }: NtpOptions): NtpKey | null {
  if (username === null && password === null) {
    if (key_type === undefined) return null;
    throw new InvalidOptions('key_type', 'there is no key, expected ntp://KEY_ID:KEY@HOST');
  }
  if (username === null || password === null)
    throw new InvalidOptions('target', 'a key needs both, expected ntp://KEY_ID:KEY@HOST');
  const id = username === PLACEHOLDER ? 1 : /^\d{1,10}$/.test(username) ? Number(username) : 0;
  if (id < 1 || id > 0xffff_ffff)
    throw new InvalidOptions(
      'target',
      `saw "${safeLine(username, 20)}" as the key’s id, expected a number from 1`,
    );
  const hex = /^HEX:(?<digits>(?:[0-9a-f]{2})+)$/i.exec(password)?.groups?.['digits'];
  const secret = hex === undefined ? Buffer.from(password, 'utf8') : Buffer.from(hex, 'hex');
  return { id, hash: key_type ?? 'md5', secret };
}

async function answerTo(datagrams: Datagrams, nonce: bigint, key: NtpKey | null): Promise<NtpPacket> {
  const { peer } = datagrams;
  const broken = (got: string): never =>
    fail('protocol', 'protocol', `${peer} does not speak NTP: it sent ${got}`, {
      expected: 'an answer of 48 bytes or more in mode 4 (server)',
      got,
    });
  for (let strangers = 0; strangers < MOST_STRANGERS; strangers += 1) {
    const datagram = await datagrams.receive();
    const packet = readPacket(datagram, () => broken(`${String(datagram.length)} bytes`));
    if (packet.mode !== SERVER || packet.version === 0)
      return broken(`version ${String(packet.version)}, mode ${String(packet.mode)}`);
    // RFC 5905 §8: whoever does not repeat what was sent has not heard it.
    if (packet.originate === nonce) {
      checkSignature(datagram, key, peer);
      return packet;
    }
  }
  return broken(`${String(MOST_STRANGERS)} answers, none of them to what was asked`);
}

function checkSignature(datagram: Buffer, key: NtpKey | null, peer: string): void {
  if (key === null) return;
  const signed = isSignedBy(key, datagram);
  if (signed === null)
    fail('auth', 'auth', `${peer} cannot check our signature: it has no such key, or another (crypto-NAK)`);
  if (!signed) fail('auth', 'auth', `${peer} answers without the signature of key ${String(key.id)}`);
}
