import type { FactTable } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import {
  STARTTLS_OPTIONS,
  STARTTLS_PREFER,
  type Security,
  type StartTlsOptions,
  planSecurity,
} from '../wire/starttls.ts';
import { type Element, childOf } from './xmpp/element.ts';
import { logIn } from './xmpp/log-in.ts';
import { type Stream, openStream, readStanza } from './xmpp/stream.ts';

const PORTS = { xmpp: 5222, xmpps: 5223 } as const;

interface XmppOptions extends StartTlsOptions {
  readonly domain?: string;
  readonly s2s?: boolean;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  ...STARTTLS_OPTIONS,
  domain: {
    type: 'string',
    description:
      'the domain that is served, which the certificate is for, too (default: the host of the target)',
  },
  s2s: {
    type: 'boolean',
    description: 'true: speak as another server does; the port is usually 5269 and must be written then',
  },
};

const FACTS = {
  server: { kind: 'word', meaning: 'the domain that the server answers for; absent when it does not say' },
  features: {
    kind: 'list',
    meaning:
      'names of what it offers on the stream: `starttls`, `mechanisms`, `register` (anybody may make an account); before and after STARTTLS together',
  },
  auth_methods: {
    kind: 'list',
    meaning: 'mechanisms to log in, in upper case; after STARTTLS those that it offers then',
  },
  tls: { kind: 'bool', meaning: 'whether the stream goes through TLS' },
  ...TLS_FACTS,
} as const satisfies FactTable;

interface XmppPlan extends Security {
  readonly domain: string;
  /** null: the target’s */
  readonly serverName: string | null;
  readonly namespace: 'jabber:client' | 'jabber:server';
}

type Context = ProbeContext<typeof FACTS>;

export const xmpp: Prober<XmppOptions, typeof FACTS> = {
  type: 'xmpp',
  proves:
    'It opens a stream for the domain and tells its features; where it offers STARTTLS, TLS works and its certificate is good for the domain; with a login in the target (USER without the domain), it takes that (PLAIN, SCRAM). Nobody is seen online.',
  schemes: [
    { scheme: 'xmpp', port: PORTS.xmpp, shape: 'host' },
    { scheme: 'xmpps', port: PORTS.xmpps, tls: true, shape: 'host' },
  ],
  example: 'xmpp://chat.example.org',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    auth: 'the login is refused (not-authorized and the like), no mechanism is common, or a policy turns us away',
    status:
      'a stream error, which is in the text: host-unknown (it does not serve the domain: set `domain`), system-shutdown, internal-server-error …; or its store of passwords does not answer (temporary-auth-failure)',
    overloaded: 'the stream error resource-constraint',
    tls_handshake: 'the handshake failed, or STARTTLS is refused or, where it is required, not offered',
  },
  proxy: true,
  defaults: (_options, scheme) => ({ prefer: scheme === 'xmpps' ? TLS_PREFER : STARTTLS_PREFER }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected xmpp://HOST');
    const plan = planXmpp(target, options);
    const direct = plan.tls === 'direct';
    return {
      endpoint: { host: target.host, port: target.port ?? (direct ? PORTS.xmpps : PORTS.xmpp) },
      async run(context) {
        const conversation = await context.dial(direct ? { tls: tlsFor(plan, context) } : {});
        await talk(conversation, context, plan);
        // Said but not waited for.
        await conversation.write('</stream:stream>');
        conversation.end();
      },
    };
  },
};

function planXmpp(target: Target, options: XmppOptions): XmppPlan {
  const security = planSecurity(target, options, target.scheme === 'xmpps');
  const { domain = target.host, s2s = false } = options;
  if (domain !== PLACEHOLDER && !/^[A-Za-z0-9._:-]{1,253}$/.test(domain))
    throw new InvalidOptions(
      'domain',
      `saw "${safeLine(domain, 60)}", expected a domain such as example.org`,
    );
  if (s2s && security.credentials !== null)
    throw new InvalidOptions('s2s', 'servers do not log in: leave user and password out of the target');
  return {
    ...security,
    domain,
    serverName: options.domain ?? null,
    namespace: s2s ? 'jabber:server' : 'jabber:client',
  };
}

/** The certificate is the domain’s (RFC 6120 §13.7.2.1), unless the config names another. ALPN: XEP-0368. */
function tlsFor({ serverName, namespace }: XmppPlan, { tls }: Context) {
  const own = tls.server_name ?? serverName;
  return {
    ...(own === null ? {} : { serverName: own }),
    alpn: [namespace === 'jabber:client' ? 'xmpp-client' : 'xmpp-server'],
  };
}

async function talk(conversation: Conversation, context: Context, plan: XmppPlan): Promise<void> {
  context.see({ tls: plan.tls === 'direct' });
  const plain = await openStream(conversation, plan.domain, plan.namespace);
  see(context, plain, []);
  const { features } = (await startTls(conversation, context, plan, plain)) ?? plain;
  if (plan.credentials !== null) await logIn(conversation, mechanismsOf(features), plan.credentials);
}

/** `before`: features that were offered already and still count as facts. */
function see(context: Context, { from, features }: Stream, before: readonly Element[]): void {
  const names = [...before, ...features.children].map(({ name }) => safeLine(name, 60));
  context.see({
    ...(from === null ? {} : { server: from }),
    features: [...new Set(names)],
    auth_methods: mechanismsOf(features),
  });
}

function mechanismsOf(features: Element): readonly string[] {
  const mechanisms = childOf(features, 'mechanisms')?.children ?? [];
  return mechanisms.map(({ text }) => safeLine(text, 60).toUpperCase());
}

/** Null when there is no TLS and need not be. Source: RFC 6120 §5. */
async function startTls(
  conversation: Conversation,
  context: Context,
  plan: XmppPlan,
  { features }: Stream,
): Promise<Stream | null> {
  const { peer } = conversation;
  const offered = childOf(features, 'starttls');
  if (plan.tls === 'direct' || plan.tls === 'never' || (plan.tls === 'auto' && offered === undefined))
    return null;
  if (offered === undefined)
    fail('tls_handshake', 'tls', `${peer} does not offer STARTTLS, which is required here`);
  await conversation.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  const { name } = await readStanza(conversation);
  if (name !== 'proceed')
    fail('tls_handshake', 'tls', `${peer} offers STARTTLS, but answers it with <${safeLine(name, 40)}>`);
  await conversation.startTls(tlsFor(plan, context));
  context.see({ tls: true });
  const secured = await openStream(conversation, plan.domain, plan.namespace);
  see(context, secured, features.children);
  return secured;
}
