import type { FactsOf } from '../../../words/fact.ts';
import { safeLine, safeText } from '../../../words/safe-text.ts';
import { CannotTell, fail } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { type Exchanged, agreeOnKey, choose, exchangeOffers, ourOffer } from './exchange-keys.ts';
import type { SSH_HOST_FACTS } from './host-facts.ts';
import { fingerprintOf } from './host-key.ts';
import type { SshHostPlan } from './host-plan.ts';
import { type Identification, readIdentification } from './identification.ts';
import { lookUp } from './known-hosts.ts';
import type { Offer } from './negotiation.ts';
import { type Packets, openPackets } from './packets.ts';

export type SeeHost = (facts: FactsOf<typeof SSH_HOST_FACTS>) => void;

/** A connection whose host has proved its key. */
export interface SshConnection {
  readonly packets: Packets;
  /** null: nothing is in common with the server, and nobody asked for what needs it */
  readonly exchanged: Exchanged | null;
}

/** What is asked of a connection: `encrypted`, to go on with it; `proved`, at least a host key that is verified. */
export interface Asked {
  readonly encrypted: boolean;
  readonly proved: boolean;
}

const OUR_LINE = 'SSH-2.0-puptime';

/** Identifies both sides, agrees on keys, and has the host prove its own. */
export async function shakeHands(
  conversation: Conversation,
  see: SeeHost,
  plan: SshHostPlan,
  asked: Asked,
): Promise<SshConnection> {
  await conversation.write(`${OUR_LINE}\r\n`);
  const theirs = await greet(conversation, see);
  const packets = openPackets(conversation);
  const exchanged = await exchangeKeys(packets, conversation.peer, see, theirs, plan, asked);
  return { packets, exchanged };
}

async function greet(conversation: Conversation, see: SeeHost): Promise<Identification> {
  let banner = '';
  const identification = await readIdentification(conversation, (line) => {
    banner += `${line}\n`;
    see({ banner: safeText(banner) });
  });
  const { software, comment, protocol } = identification;
  see({
    software: safeLine(software),
    comment: comment === null ? null : safeLine(comment),
    protocol,
  });
  return identification;
}

async function exchangeKeys(
  packets: Packets,
  peer: string,
  see: SeeHost,
  identification: Identification,
  plan: SshHostPlan,
  asked: Asked,
): Promise<Exchanged | null> {
  const offer = ourOffer(plan.hostKeys, asked.encrypted);
  const offers = await exchangeOffers(packets, offer);
  const { theirs } = offers;
  see({
    kex: theirs.kex,
    host_key_algorithms: theirs.hostKey,
    ciphers: theirs.cipherIn,
    macs: theirs.macIn,
  });
  const chosen = choose(offer, theirs);
  if ('missing' in chosen) {
    explainMissing(chosen.missing, theirs, peer, plan, asked);
    return null;
  }
  const lines = { ours: OUR_LINE, theirs: identification.line };
  const exchanged = await agreeOnKey(packets, peer, offers, lines, chosen);
  judgeHostKey(exchanged, peer, see, plan);
  return exchanged;
}

/** Who is not the host that is meant is told nothing. */
function judgeHostKey(
  { hostKey, hostKeyType }: Exchanged,
  peer: string,
  see: SeeHost,
  { known, pinned, login }: SshHostPlan,
): void {
  const fingerprint = fingerprintOf(hostKey);
  see({ host_key_type: hostKeyType, host_key_sha256: fingerprint });
  const nobody = login === null ? '' : '; nobody is logged in';
  if (pinned !== null && pinned !== fingerprint)
    fail('assertion', 'protocol', `${peer} has another host key than the pinned one${nobody}`, {
      expected: pinned,
      got: fingerprint,
    });
  if (known === null) return;
  const found = lookUp(known.hosts, known.name, hostKeyType, hostKey);
  see({ host_key_known: found });
  if (login === null || found === 'match') return;
  const KNOWN = { absent: 'is not in', changed: 'is another one than in', revoked: 'is revoked in' } as const;
  fail('assertion', 'auth', `the host key of ${peer} ${KNOWN[found]} known_hosts${nobody}`, {
    expected: 'match',
    got: found,
  });
}

/** Nothing in common in one list. Where nobody asks for what is behind it, that is no fault of the server. */
function explainMissing(
  missing: keyof Offer,
  theirs: Offer,
  peer: string,
  plan: SshHostPlan,
  { encrypted, proved }: Asked,
): void {
  const offered = safeLine(theirs[missing].join(', '), 120);
  if (missing === 'hostKey' && plan.only)
    fail('assertion', 'protocol', `${peer} has no host key of the kind asked for, but ${offered}`, {
      expected: plan.hostKeys,
      got: theirs.hostKey,
    });
  if (plan.known === null && plan.pinned === null && !encrypted && !proved) return;
  throw new CannotTell(
    'tool_missing',
    `this version of puptime speaks none of what ${peer} offers: ${offered}`,
  );
}
