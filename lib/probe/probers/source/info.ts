import type { FactsOf } from '../../../words/fact.ts';
import { safeLine, safeText } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes } from '../../wire/bytes.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import type { SOURCE_FACTS } from '../source.ts';
import { receiveWhole } from './packets.ts';

type Facts = FactsOf<typeof SOURCE_FACTS>;

/** Source: developer.valvesoftware.com, “Server queries”, A2S_INFO. */
const QUESTION = Buffer.from('\xff\xff\xff\xffTSource Engine Query\0', 'latin1');
const [CHALLENGE, INFO, OLD_INFO] = [0x41, 0x49, 0x6d];
/** A server that challenges what it has challenged before never answers. */
const MOST_CHALLENGES = 2;

/** Asks what is played, and again with the server’s number where it wants one. Throws protocol, and what datagrams throw. */
export async function askInfo(datagrams: Datagrams): Promise<Facts> {
  const broken = () => notThis(datagrams, 'an answer that is cut short');
  let question = QUESTION;
  for (let asked = 0; asked <= MOST_CHALLENGES; asked += 1) {
    await datagrams.send(question);
    const fields = readBytes(await receiveWhole(datagrams), broken);
    const kind = fields.u8();
    if (kind === INFO) return infoFacts(fields);
    if (kind === OLD_INFO) return oldInfoFacts(fields);
    if (kind !== CHALLENGE) return notThis(datagrams, `an answer of the kind 0x${kind.toString(16)}`);
    question = Buffer.concat([QUESTION, fields.bytes(4)]);
  }
  return notThis(datagrams, 'a challenge again and again');
}

function infoFacts(fields: Bytes): Facts {
  fields.u8();
  const [name, map, folder, game] = texts(fields);
  fields.u16LE();
  const [players, max_players, bots] = [fields.u8(), fields.u8(), fields.u8()];
  const [, , password] = [fields.u8(), fields.u8(), fields.u8() === 1, fields.u8()];
  const version = safeLine(fields.zeroTerminated(), 60);
  return { name, map, folder, game, players, max_players, bots, password, version };
}

function oldInfoFacts(fields: Bytes): Facts {
  fields.zeroTerminated();
  const [name, map, folder, game] = texts(fields);
  const [players, max_players] = [fields.u8(), fields.u8()];
  const [, , , password] = [fields.u8(), fields.u8(), fields.u8(), fields.u8() === 1];
  return { name, map, folder, game, players, max_players, password };
}

function texts(fields: Bytes): readonly [name: string, map: string, folder: string, game: string] {
  const name = safeText(fields.zeroTerminated(), 256);
  const [map, folder] = [fields.zeroTerminated(), fields.zeroTerminated()];
  return [name, safeLine(map, 100), safeLine(folder, 100), safeText(fields.zeroTerminated(), 256)];
}

function notThis({ peer }: Datagrams, what: string): never {
  return fail('protocol', 'protocol', `${peer} does not speak Valve’s query protocol: it sent ${what}`);
}
