import type { FactTable } from '../../words/fact.ts';
import type { Code } from '../../words/reason.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { TLS_FACTS } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import {
  STARTTLS_OPTIONS,
  STARTTLS_PREFER,
  type Security,
  type StartTlsOptions,
  planSecurity,
} from '../wire/starttls.ts';
import { type Capabilities, capabilitiesOf } from './sieve/capabilities.ts';
import { login } from './sieve/login.ts';
import { type SieveAnswer, ask, readAnswer, refuse, showAnswer } from './sieve/response.ts';

const PORT = 4190;
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

const SIEVE_FACTS = {
  implementation: { kind: 'text', meaning: 'name and version that the server gives itself' },
  version: {
    kind: 'word',
    meaning: 'version of the protocol, "1.0"; absent when an old server does not say',
  },
  extensions: { kind: 'list', meaning: 'extensions of Sieve that scripts may use: fileinto, vacation, …' },
  auth_methods: {
    kind: 'list',
    meaning:
      'mechanisms of AUTHENTICATE that it offers, in upper case; after STARTTLS those that it offers then',
  },
  tls: { kind: 'bool', meaning: 'whether STARTTLS was carried out' },
  scripts: { kind: 'number', meaning: 'scripts that the user has; absent without a login' },
  active_script: {
    kind: 'text',
    meaning: 'name of the script that sorts the mail; absent when none does, and without a login',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

type Context = ProbeContext<typeof SIEVE_FACTS>;

export const sieve: Prober<StartTlsOptions, typeof SIEVE_FACTS> = {
  type: 'sieve',
  proves:
    'It tells its capabilities (ManageSieve, RFC 5804); where it offers STARTTLS, TLS works and its certificate is good; with a login in the target, it takes that and lists the user’s scripts. None is read or changed.',
  schemes: [{ scheme: 'sieve', port: PORT, shape: 'host' }],
  example: 'sieve://probe%40example.org:${MAIL_PASSWORD}@mail.example.org',
  options: STARTTLS_OPTIONS,
  facts: SIEVE_FACTS,
  codes: {
    auth: 'it refuses the login, or offers no mechanism that puptime knows (PLAIN, LOGIN, CRAM-MD5, SCRAM)',
    status:
      'it says NO or BYE instead of its capabilities; its store of users or of scripts is not there (TRYLATER)',
    overloaded: 'QUOTA, or words like “too many connections”',
    tls_handshake: 'the handshake failed, or STARTTLS is refused or, where it is required, not offered',
    protocol: 'it is no ManageSieve server',
    too_large: 'a line of more than 8 KiB, a string of more than 64 KiB, or more than 2,000 lines',
  },
  defaults: () => ({ prefer: STARTTLS_PREFER }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected sieve://HOST');
    const security = planSecurity(target, options, false);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        try {
          await talk(conversation, context, security);
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await logout(conversation);
          throw error;
        }
        await logout(conversation);
      },
    };
  },
};

async function talk(conversation: Conversation, context: Context, security: Security): Promise<void> {
  context.see({ tls: false });
  let now = see(await readAnswer(conversation), conversation, context);
  if (await startTls(conversation, security, now)) {
    await conversation.startTls();
    context.see({ tls: true });
    // RFC 5804 §2.2: it lists them again of its own accord, for they may be others.
    now = see(await readAnswer(conversation), conversation, context);
  }
  if (security.credentials === null) return;
  await login(conversation, now.authMethods, security.credentials);
  await listScripts(conversation, context);
}

function see(answer: SieveAnswer, conversation: Conversation, context: Context): Capabilities {
  const { peer } = conversation;
  if (answer.word !== 'OK') refuse(answer, peer, 'turns us away');
  const capabilities = capabilitiesOf(answer);
  if (capabilities === null)
    return fail(
      'protocol',
      'protocol',
      `${peer} lists no capabilities of ManageSieve: ${showAnswer(answer)}`,
      {
        expected: '"IMPLEMENTATION" "…"',
        got: safeLine(answer.data[0]?.join(' ') ?? showAnswer(answer), 60),
      },
    );
  const { implementation, version, extensions, authMethods } = capabilities;
  context.see({ implementation, version, extensions, auth_methods: authMethods });
  return capabilities;
}

/** Whether the server is ready for the handshake; false when there is no TLS to come and need not be. */
async function startTls(
  conversation: Conversation,
  { tls }: Security,
  { starttls }: Capabilities,
): Promise<boolean> {
  const { peer } = conversation;
  if (tls === 'direct' || tls === 'never' || (tls === 'auto' && !starttls)) return false;
  if (!starttls) fail('tls_handshake', 'tls', `${peer} does not offer STARTTLS, which is required here`);
  const answer = await ask(conversation, 'STARTTLS');
  if (answer.word === 'OK') return true;
  return fail('tls_handshake', 'tls', `${peer} offers STARTTLS, but refuses it: ${showAnswer(answer)}`);
}

/** `"summer" ACTIVE`, one line each. Source: RFC 5804 §2.7. */
async function listScripts(conversation: Conversation, context: Context): Promise<void> {
  const answer = await ask(conversation, 'LISTSCRIPTS');
  if (answer.word !== 'OK') refuse(answer, conversation.peer, 'does not list the scripts');
  const active = answer.data.find(([, mark]) => mark?.toUpperCase() === 'ACTIVE');
  context.see({ scripts: answer.data.length, active_script: active?.[0]?.slice(0, 512) ?? null });
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function logout(conversation: Conversation): Promise<void> {
  await conversation.write('LOGOUT\r\n');
  conversation.end();
}
