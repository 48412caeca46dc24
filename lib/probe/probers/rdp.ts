import type { FactTable } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { TLS_FACTS } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import { STARTTLS_PREFER } from '../wire/starttls.ts';
import { type Negotiated, PROTOCOL, encodeRequest, readConfirm } from './rdp/negotiation.ts';

const PORT = 3389;

interface RdpOptions {
  readonly security?: 'auto' | 'tls' | 'nla';
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  security: {
    enum: ['auto', 'tls', 'nla'],
    description:
      'what is offered to the server: auto (default) TLS with and without Network Level Authentication, of which it chooses; tls, nla: that alone, so that a server which refuses it is down',
  },
};

const FACTS = {
  failure: {
    kind: 'word',
    code: 'status',
    meaning:
      'why it refuses all that was offered: tls_required, tls_not_allowed (it has only the old RDP security), no_certificate, inconsistent_flags, nla_required, client_certificate_required, or a number; absent when it chose one',
  },
  security: {
    kind: 'word',
    meaning:
      'what it chose: nla (TLS, and a login before anything else), tls, rdp (the old one, without TLS), rdstls, aad; absent when it refuses all',
  },
  restricted_admin: {
    kind: 'bool',
    meaning: 'whether it takes administrators who do not hand over their password (Restricted Admin)',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** Source: [MS-RDPBCGR] §2.2.1.2.2. */
const FAILURES: Readonly<Record<number, string>> = {
  1: 'tls_required',
  2: 'tls_not_allowed',
  3: 'no_certificate',
  4: 'inconsistent_flags',
  5: 'nla_required',
  6: 'client_certificate_required',
};
const NAMES: Readonly<Record<number, string>> = {
  [PROTOCOL.rdp]: 'rdp',
  [PROTOCOL.tls]: 'tls',
  [PROTOCOL.hybrid]: 'nla',
  [PROTOCOL.rdstls]: 'rdstls',
  [PROTOCOL.hybridEx]: 'nla',
  [PROTOCOL.aad]: 'aad',
};
const NLA = PROTOCOL.hybrid | PROTOCOL.hybridEx;
const OFFERS = { auto: PROTOCOL.tls | NLA, tls: PROTOCOL.tls, nla: NLA } as const;
const RESTRICTED_ADMIN = 0x08;

export const rdp: Prober<RdpOptions, typeof FACTS> = {
  type: 'rdp',
  proves:
    'It agrees on a way to secure the connection, and where that is TLS (with Network Level Authentication or without), TLS works and the certificate is good. Nobody logs in. Windows makes itself a certificate that no authority has signed: set `tls.ca` to it, or `tls: {verify: false}` with its fingerprint in `expect: {cert_sha256: …}`.',
  schemes: [{ scheme: 'rdp', port: PORT, shape: 'host' }],
  example: 'rdp://desk.example.org',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    status: 'it refuses all that was offered, and why is in the fact `failure`; or it refuses the connection',
    closed: 'it hung up: it may have no room for another session, or bar this host',
    tls_untrusted: 'as is usual for Windows: no authority knows the certificate; see above for how to pin it',
  },
  proxy: true,
  defaults: () => ({ expect: { failure: { exists: false } }, prefer: STARTTLS_PREFER }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected rdp://HOST');
    if (target.username !== null || target.password !== null)
      throw new InvalidOptions('target', 'nobody logs in here, expected rdp://HOST');
    const offered = OFFERS[options.security ?? 'auto'];
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(encodeRequest(offered));
        const negotiated = await readConfirm(conversation);
        await secure(conversation, context, negotiated, offered);
        conversation.end();
      },
    };
  },
};

async function secure(
  conversation: Conversation,
  { see }: ProbeContext<typeof FACTS>,
  negotiated: Negotiated,
  offered: number,
): Promise<void> {
  if (negotiated.kind === 'failed') {
    see({ failure: FAILURES[negotiated.code] ?? String(negotiated.code) });
    return;
  }
  const { protocol, flags } = negotiated;
  const name = NAMES[protocol];
  // A server without the negotiation knows the old security alone.
  if (name === undefined || (protocol & offered) !== protocol)
    fail('protocol', 'protocol', `${conversation.peer} chose a security that was not offered`, {
      expected: `one of the bits ${String(offered)}`,
      got: protocol,
    });
  see({ security: name, restricted_admin: (flags & RESTRICTED_ADMIN) !== 0 });
  if (protocol === PROTOCOL.rdp) {
    const only = offered === OFFERS.auto ? null : offered === OFFERS.tls ? 'TLS' : 'NLA';
    if (only !== null)
      fail('status', 'protocol', `${conversation.peer} has only the old RDP security, expected ${only}`);
    return;
  }
  await conversation.startTls();
}
