import type { Code } from '../../words/reason.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { ber, berInteger, berText } from '../wire/ber.ts';
import type { Conversation } from '../wire/conversation.ts';
import { encodeFilter } from './ldap/filter.ts';
import { SERVER_ATTRIBUTES, foundFacts, serverFacts } from './ldap/found-facts.ts';
import { LDAP_FACTS, ldapDefaults } from './ldap/ldap-facts.ts';
import { LDAP_OPTIONS, type LdapOptions, type LdapPlan, planLdap } from './ldap/ldap-options.ts';
import { OP, readResult, send } from './ldap/messages.ts';
import { explainResult, resultName, showResult } from './ldap/result-codes.ts';
import { search } from './ldap/search.ts';

const PORT = 389;
const TLS_PORT = 636;
const START_TLS = '1.3.6.1.4.1.1466.20037';

/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

type Context = ProbeContext<typeof LDAP_FACTS>;

export const ldap: Prober<LdapOptions, typeof LDAP_FACTS> = {
  type: 'ldap',
  proves:
    'It answers a search for its own entry (the root DSE); with a login in the target, it takes that (a simple bind); with a base in the target’s path, that entry is there, or whatever `scope` and `filter` ask for. Nothing is followed to other servers.',
  schemes: [
    { scheme: 'ldap', port: PORT, shape: 'path' },
    { scheme: 'ldaps', port: TLS_PORT, tls: true, shape: 'path' },
  ],
  example: 'ldaps://cn=probe,dc=example,dc=org:${LDAP_PASSWORD}@ldap.example.org/dc=example,dc=org',
  options: LDAP_OPTIONS,
  facts: LDAP_FACTS,
  codes: {
    auth: 'the name or the password is refused (invalidCredentials), or the server wants a login, or TLS, before it answers: the text has its own words',
    status:
      'the search failed: noSuchObject is a base that is not there; referral, that another server holds it; unavailable, that a part of the server is off',
    overloaded: 'the server says busy, or that the search goes beyond its limits',
    replication: 'a domain controller that has not finished its first replication',
    tls_handshake: 'also when StartTLS is asked for and refused: give the server a certificate',
  },
  defaults: (options, scheme) => ldapDefaults(options, scheme),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected ldap://HOST');
    const plan = planLdap(target, options);
    const port = target.port ?? (plan.tls === 'direct' ? TLS_PORT : PORT);
    return {
      endpoint: { host: target.host, port },
      async run(context) {
        const conversation = await context.dial(plan.tls === 'direct' ? { tls: {} } : {});
        try {
          await talk(conversation, context, plan);
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await unbind(conversation);
          throw error;
        }
        await unbind(conversation);
      },
    };
  },
};

async function talk(conversation: Conversation, context: Context, plan: LdapPlan): Promise<void> {
  context.see({ tls: plan.tls === 'direct' });
  if (plan.tls === 'auto' || plan.tls === 'require') await startTls(conversation, context, plan.tls);
  if (plan.login !== null) await bind(conversation, plan.login);
  const seconds = Math.max(1, Math.ceil(context.remaining_ms() / 1000));
  const server = await search(
    conversation,
    3,
    {
      base: '',
      scope: 'base',
      filter: encodeFilter('(objectClass=*)'),
      attributes: SERVER_ATTRIBUTES,
      limit: 1,
    },
    seconds,
  );
  context.see(serverFacts(server));
  if (plan.search === null) {
    context.see({ result: resultName(server.result.code) });
    if (server.result.code !== 0) context.show(showResult(server.result));
    return;
  }
  const found = await search(conversation, 4, plan.search, seconds);
  context.see(foundFacts(found, plan.search.attributes));
  if (found.result.code !== 0) context.show(showResult(found.result));
}

/** Source: RFC 4511 §4.14. */
async function startTls(
  conversation: Conversation,
  context: Context,
  mode: 'auto' | 'require',
): Promise<void> {
  await send(conversation, 1, ber(OP.extended, berText(START_TLS, 0x80)));
  const result = await readResult(conversation, 1, OP.extendedDone);
  if (result.code === 0) {
    await conversation.startTls();
    context.see({ tls: true });
    return;
  }
  if (mode === 'auto') return;
  const text = `${conversation.peer} refuses StartTLS, which is required here: ${showResult(result)}`;
  fail('tls_handshake', 'tls', text, { got: showResult(result) });
}

/** Source: RFC 4513 §5.1.3. */
async function bind(conversation: Conversation, login: NonNullable<LdapPlan['login']>): Promise<void> {
  const operation = (password: string) =>
    ber(OP.bind, berInteger(3), berText(login.dn), berText(password, 0x80));
  await send(conversation, 2, operation(login.password), operation('***'));
  const result = await readResult(conversation, 2, OP.bound);
  if (result.code === 0) return;
  throw new Fault(explainResult(result, conversation.peer, 'refuses the login', 'auth'));
}

/** Said but not waited for: there is no answer to it (RFC 4511 §4.3). */
async function unbind(conversation: Conversation): Promise<void> {
  await send(conversation, 5, ber(OP.unbind));
  conversation.end();
}
