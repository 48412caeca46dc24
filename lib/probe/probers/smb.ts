import type { FactTable, FactsOf } from '../../words/fact.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { type SmbServer, encodeNegotiate, readNegotiated } from './smb/negotiate.ts';

const PORT = 445;
const ENCRYPTS = 0x40;

const FACTS = {
  dialect: { kind: 'word', meaning: 'the newest dialect that both speak: 2.0.2, 2.1, 3.0, 3.0.2 or 3.1.1' },
  signing_required: { kind: 'bool', meaning: 'whether it wants every message signed' },
  encryption: { kind: 'bool', meaning: 'whether it can encrypt (dialects 3.0 and later)' },
  cipher: {
    kind: 'word',
    meaning: 'cipher that it would encrypt with, such as aes-128-gcm; absent before 3.1.1',
  },
  auth_methods: { kind: 'list', meaning: 'ways to log in that it offers: kerberos, ntlm' },
  guid: {
    kind: 'word',
    meaning:
      'the number by which this server can be told from others; it stays the same over restarts on Windows',
  },
  clock_offset_s: {
    kind: 'number',
    unit: 's',
    code: 'mismatch',
    meaning:
      'how far its clock is ahead of that of the host that runs puptime (behind: negative), to about a second; absent when it does not say',
  },
  uptime_s: {
    kind: 'number',
    unit: 's',
    meaning:
      'how long ago it was started, by its own word; absent when it does not say, as with Samba and new Windows',
  },
} as const satisfies FactTable;

const DIALECTS: Readonly<Record<number, string>> = {
  0x0202: '2.0.2',
  0x0210: '2.1',
  0x0300: '3.0',
  0x0302: '3.0.2',
  0x0311: '3.1.1',
};
const CIPHERS: Readonly<Record<number, string>> = {
  1: 'aes-128-ccm',
  2: 'aes-128-gcm',
  3: 'aes-256-ccm',
  4: 'aes-256-gcm',
};
/** Object identifiers as they stand in a SPNEGO token. Source: [MS-SPNG] §1.9, RFC 4121. */
const METHODS = [
  ['kerberos', Buffer.from('2a864886f712010202', 'hex')],
  ['ntlm', Buffer.from('2b06010401823702020a', 'hex')],
] as const;
/** Kerberos tells clocks apart from here on. */
const MOST_OFFSET_S = 300;

export const smb: Prober<object, typeof FACTS> = {
  type: 'smb',
  proves:
    'It agrees on a dialect of SMB 2 or 3 and tells what it is. One connection, one question; nobody logs in, no share is opened. Degraded when its clock and that of the host that runs puptime differ by more than 5 minutes, from where Kerberos refuses everybody.',
  schemes: [{ scheme: 'smb', port: PORT, shape: 'host' }],
  example: 'smb://files.example.org',
  options: {},
  facts: FACTS,
  codes: {
    status:
      'it refuses to negotiate, refuses this host (Samba: hosts allow, hosts deny), or speaks only SMB 1',
    overloaded: 'it says that it has no resources, or takes no more sessions',
    closed:
      'it hung up: a server with only SMB 1 does so, or one that is full or bars this host (hosts deny)',
    mismatch: 'its clock and ours differ: compare both with a third',
  },
  proxy: true,
  defaults: () => ({
    prefer: { clock_offset_s: { any_of: [{ min: -MOST_OFFSET_S, max: MOST_OFFSET_S }, { exists: false }] } },
  }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected smb://HOST');
    if (target.username !== null || target.password !== null)
      throw new InvalidOptions('target', 'nobody logs in here, expected smb://HOST');
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(encodeNegotiate());
        context.see(factsOf(await readNegotiated(conversation), context.now()));
        conversation.end();
      },
    };
  },
};

function factsOf(server: SmbServer, now: number): FactsOf<typeof FACTS> {
  const { dialect, signing, guid, capabilities, time, started, token, cipher } = server;
  return {
    dialect: DIALECTS[dialect] ?? null,
    signing_required: signing.required,
    encryption: cipher !== null || (dialect < 0x0311 && (capabilities & ENCRYPTS) !== 0),
    ...(cipher === null ? {} : { cipher: CIPHERS[cipher] ?? String(cipher) }),
    auth_methods: METHODS.filter(([, oid]) => token.includes(oid)).map(([name]) => name),
    guid,
    ...(time === null ? {} : { clock_offset_s: seconds(time - now) }),
    ...(started === null ? {} : { uptime_s: seconds((time ?? now) - started) }),
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
