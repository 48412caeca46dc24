import { randomBytes } from 'node:crypto';
import { fail } from '../../prober.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import { type Agent, answerTo, notSnmp, randomId } from './agent.ts';
import { type Pdu, encodeGet } from './pdu.ts';
import { explainReport, isLateReport } from './report.ts';
import { type Received, type Security, encodeSecured, readSecured } from './secured-message.ts';
import type { SnmpUser } from './snmp-options.ts';
import { authKey, privKey } from './user-keys.ts';

const NOBODY: Security = {
  engineId: Buffer.alloc(0),
  clock: { boots: 0, time: 0 },
  user: '',
  auth: null,
  priv: null,
};

/** How often a clock that the agent does not like is set by its own. */
const MOST_CLOCKS = 2;

export interface Engine {
  readonly agent: Agent;
  readonly engineId: Buffer;
}

/** Asks the agent who it is (RFC 3414 §4), and gives it as the user sees it: SNMPv3. */
export async function userAgent(datagrams: Datagrams, user: SnmpUser): Promise<Engine> {
  const { engineId, clock } = await discover(datagrams);
  const auth = user.auth === null ? null : authKey(user.auth.protocol, user.auth.password, engineId);
  const priv =
    user.auth === null || user.priv === null
      ? null
      : privKey({ priv: user.priv.protocol, auth: user.auth.protocol }, user.priv.password, engineId);
  let security: Security = { engineId, clock, user: user.name, auth, priv };
  const agent: Agent = {
    async get(oids) {
      for (let clocks = 0; ; clocks += 1) {
        const received = await ask(datagrams, oids, security, user.context);
        const pdu = judged(received, security, datagrams.peer);
        if (pdu.kind === 'response') return pdu;
        if (!isLateReport(pdu) || clocks === MOST_CLOCKS) return explainReport(pdu, datagrams.peer);
        security = { ...security, clock: received.clock };
      }
    },
  };
  return { agent, engineId };
}

async function discover(datagrams: Datagrams): Promise<Received> {
  const received = await ask(datagrams, [], NOBODY, '');
  const { pdu, engineId } = received;
  if (pdu?.kind !== 'report' || engineId.length < 5 || engineId.length > 32) {
    const text = `${datagrams.peer} does not say who it is (its engine id), which SNMPv3 begins with`;
    return fail('protocol', 'protocol', text);
  }
  return received;
}

async function ask(
  datagrams: Datagrams,
  oids: readonly (readonly number[])[],
  security: Security,
  context: string,
): Promise<Received> {
  const message = randomId();
  await datagrams.send(
    encodeSecured({ message, context }, encodeGet(message, oids), security, randomBytes(8)),
  );
  const hint =
    security === NOBODY
      ? 'one that knows no SNMPv3, and one that a host may not ask, look the same'
      : 'a wrong privacy password, and a context that is not there, may look the same';
  return answerTo(datagrams, hint, (datagram) => {
    const received = readSecured(datagram, security, () => notSnmp(datagrams));
    return received.messageId === message ? received : null;
  });
}

/** What it says, if it may be believed. */
function judged({ pdu, signed, encrypted }: Received, { auth, priv }: Security, peer: string): Pdu {
  if (pdu === null)
    return fail('auth', 'auth', `${peer} answers with a signature or encryption that is not this user’s`);
  // What is refused for the want of a key cannot be signed with it.
  if (pdu.kind === 'report' && !isLateReport(pdu)) return pdu;
  if ((auth !== null && !signed) || (pdu.kind === 'response' && priv !== null && !encrypted))
    return fail('auth', 'auth', `${peer} answers without the signature or encryption that was asked for`);
  return pdu;
}
