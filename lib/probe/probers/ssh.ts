import { safeLine, safeText } from '../../words/safe-text.ts';
import { CannotTell, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { askAuthMethods } from './ssh/auth-methods.ts';
import { agreeOnKey, choose, exchangeOffers, ourOffer } from './ssh/exchange-keys.ts';
import { fingerprintOf } from './ssh/host-key.ts';
import { type Identification, readIdentification } from './ssh/identification.ts';
import { lookUp } from './ssh/known-hosts.ts';
import type { Offer } from './ssh/negotiation.ts';
import { type Packets, disconnectMessage, openPackets } from './ssh/packets.ts';
import { SSH_FACTS } from './ssh/ssh-facts.ts';
import { SSH_OPTIONS, type SshOptions, type SshPlan, planSsh } from './ssh/ssh-plan.ts';

type Context = ProbeContext<typeof SSH_FACTS>;

const OUR_LINE = 'SSH-2.0-puptime';

export const ssh: Prober<SshOptions, typeof SSH_FACTS> = {
  type: 'ssh',
  proves:
    'It identifies itself, agrees on keys, and has signed that with its host key, which is pinned by an expectation on `host_key_sha256` or by `known_hosts`. Nobody is logged in. Of a server whose key exchanges are all newer than puptime, an `up` proves only that it offers them.',
  schemes: [{ scheme: 'ssh', port: 22, shape: 'host' }],
  example: 'ssh://bastion.example.org',
  options: SSH_OPTIONS,
  facts: SSH_FACTS,
  defaults: ({ known_hosts }) => (known_hosts === undefined ? {} : { expect: { host_key_known: 'match' } }),
  prepare({ target, options, wanted }) {
    const plan = planSsh(target, options);
    return {
      endpoint: { host: plan.host, port: plan.port },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(`${OUR_LINE}\r\n`);
        const theirs = await greet(conversation, context);
        const packets = openPackets(conversation);
        await exchangeKeys(packets, conversation.peer, context, theirs, plan, wanted);
        await packets.write(disconnectMessage());
        conversation.end();
      },
    };
  },
};

async function greet(conversation: Conversation, context: Context): Promise<Identification> {
  let banner = '';
  const identification = await readIdentification(conversation, (line) => {
    banner += `${line}\n`;
    context.see({ banner: safeText(banner) });
  });
  const { software, comment, protocol } = identification;
  context.see({
    software: safeLine(software),
    comment: comment === null ? null : safeLine(comment),
    protocol,
  });
  return identification;
}

async function exchangeKeys(
  packets: Packets,
  peer: string,
  context: Context,
  identification: Identification,
  plan: SshPlan,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const encrypted = wanted.has('auth_methods');
  const offer = ourOffer(plan.hostKeys, encrypted);
  const offers = await exchangeOffers(packets, offer);
  const { theirs } = offers;
  context.see({
    kex: theirs.kex,
    host_key_algorithms: theirs.hostKey,
    ciphers: theirs.cipherIn,
    macs: theirs.macIn,
  });
  const chosen = choose(offer, theirs);
  if ('missing' in chosen) {
    explainMissing(chosen.missing, theirs, peer, plan, wanted);
    return;
  }
  const lines = { ours: OUR_LINE, theirs: identification.line };
  const exchanged = await agreeOnKey(packets, peer, offers, lines, chosen);
  const { hostKey, hostKeyType } = exchanged;
  context.see({ host_key_type: hostKeyType, host_key_sha256: fingerprintOf(hostKey) });
  if (plan.known !== null)
    context.see({ host_key_known: lookUp(plan.known.hosts, plan.known.name, hostKeyType, hostKey) });
  if (encrypted) context.see({ auth_methods: await askAuthMethods(packets, exchanged, plan.user) });
}

const PROVED = ['host_key_type', 'host_key_sha256', 'host_key_known', 'auth_methods'];

/** Nothing in common in one list. Where nobody asks for what is behind it, that is no fault of the server. */
function explainMissing(
  missing: keyof Offer,
  theirs: Offer,
  peer: string,
  plan: SshPlan,
  wanted: ReadonlySet<string>,
): void {
  const offered = safeLine(theirs[missing].join(', '), 120);
  if (missing === 'hostKey' && plan.only)
    fail('assertion', 'protocol', `${peer} has no host key of the kind asked for, but ${offered}`, {
      expected: plan.hostKeys,
      got: theirs.hostKey,
    });
  if (plan.known === null && !PROVED.some((fact) => wanted.has(fact))) return;
  throw new CannotTell(
    'tool_missing',
    `this version of puptime speaks none of what ${peer} offers: ${offered}`,
  );
}
