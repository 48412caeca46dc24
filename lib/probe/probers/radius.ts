import { randomBytes, randomInt } from 'node:crypto';
import { InvalidOptions, type Prober, fail } from '../prober.ts';
import type { Datagrams } from '../wire/datagrams.ts';
import { explainSilence } from '../wire/silence.ts';
import {
  type Attribute,
  CODE,
  type RadiusPacket,
  TYPE,
  chapPassword,
  encodeRequest,
  hidePassword,
  isAuthentic,
  isSigned,
  readPacket,
} from './radius/packet.ts';
import { RADIUS_FACTS, answerFacts, codeName } from './radius/radius-facts.ts';
import { RADIUS_OPTIONS, type RadiusOptions, type RadiusPlan, planRadius } from './radius/radius-options.ts';

const PORT = 1812;
/** Answers to other requests that are passed over. */
const MOST_STRANGERS = 100;

export const radius: Prober<RadiusOptions, typeof RADIUS_FACTS> = {
  type: 'radius',
  proves:
    'With a login in the target: the server accepts it, or answers as `expect` on `code` says. Without: it says of itself that it works (Status-Server, RFC 5997). In either case its answer is signed with the shared secret. One request, one answer; a login may be counted and logged by the server.',
  schemes: [{ scheme: 'radius', port: PORT, shape: 'host' }],
  example: 'radius://probe:${PROBE_PASSWORD}@radius.example.org',
  exampleOptions: { secret: '${RADIUS_SECRET}' },
  options: RADIUS_OPTIONS,
  required: ['secret'],
  facts: RADIUS_FACTS,
  codes: {
    auth: 'the user or password is refused (Access-Reject), or wants a second factor (Access-Challenge); or the answer is signed with another secret than ours',
    timeout:
      'no answer: the server is frozen, or a firewall drops, or it does not know this host, or has another secret for it, which it may not say; without a login also a server without Status-Server',
  },
  defaults: () => ({ expect: { code: 'Access-Accept' } }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected radius://HOST');
    const plan = planRadius(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const datagrams = await context.datagrams();
        const head = {
          code: plan.login === null ? CODE.status : CODE.request,
          id: randomInt(256),
          authenticator: randomBytes(16),
        };
        await datagrams.send(encodeRequest(head, attributesOf(plan, head.authenticator), plan.secret));
        const answer = await answerTo(datagrams, head.id, plan.login === null);
        checkSignatures(answer, head.authenticator, plan.secret, datagrams.peer);
        context.see({ code: codeName(answer.code), ...answerFacts(answer) });
      },
    };
  },
};

function attributesOf({ login, nas, secret }: RadiusPlan, authenticator: Buffer): Attribute[] {
  const text = (type: number, value: string) => ({ type, value: Buffer.from(value, 'utf8') });
  const from = text(TYPE.nasIdentifier, nas);
  if (login === null) return [from];
  const { username, password, method } = login;
  if (method === 'pap')
    return [
      text(TYPE.userName, username),
      { type: TYPE.userPassword, value: hidePassword(password, authenticator, secret) },
      from,
    ];
  const challenge = randomBytes(16);
  return [
    text(TYPE.userName, username),
    { type: TYPE.chapPassword, value: chapPassword(randomInt(256), password, challenge) },
    { type: TYPE.chapChallenge, value: challenge },
    from,
  ];
}

async function answerTo(datagrams: Datagrams, id: number, isStatus: boolean): Promise<RadiusPacket> {
  const { peer } = datagrams;
  const broken = (got: string): never =>
    fail('protocol', 'protocol', `${peer} does not speak RADIUS: it sent ${got}`, {
      expected: 'Access-Accept, Access-Reject or Access-Challenge',
      got,
    });
  for (let strangers = 0; strangers < MOST_STRANGERS; strangers += 1) {
    const datagram = await datagrams.receive().catch(explainSilence(silenceOf(isStatus)));
    const packet = readPacket(datagram, () => broken(`${String(datagram.length)} bytes that are no packet`));
    if (codeName(packet.code) === null) return broken(`a packet of code ${String(packet.code)}`);
    if (packet.id === id) return packet;
  }
  return broken(`${String(MOST_STRANGERS)} answers, none of them to what was asked`);
}

/** Servers do not answer strangers. */
function silenceOf(isStatus: boolean): string {
  const status = isStatus ? ', and one that knows no Status-Server (put a login into the target)' : '';
  return `a wrong secret, and a server that does not know this host${status}, look the same`;
}

function checkSignatures(answer: RadiusPacket, asked: Buffer, secret: string, peer: string): void {
  const authentic = isAuthentic(answer, asked, secret);
  if (authentic && isSigned(answer, asked, secret) !== false) return;
  fail('auth', 'auth', `${peer} signs its answer with another secret than ours`, {
    expected: 'an answer signed with the shared secret',
  });
}
