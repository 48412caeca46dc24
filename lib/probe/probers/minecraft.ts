import type { FactTable, FactsOf } from '../../words/fact.ts';
import { isObject } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { motdText } from './minecraft/motd-text.ts';
import { handshake, packet, readPacket } from './minecraft/packets.ts';

const PORT = 25565;
const [STATUS, PING] = [0, 1];
const STATE_STATUS = 1;

const FACTS = {
  version: {
    kind: 'word',
    meaning: 'the version that the server gives itself, as `1.21.4` or `Paper 1.20.6`',
  },
  protocol: { kind: 'number', meaning: 'number of the protocol version that it wants' },
  players: { kind: 'number', meaning: 'players that are there' },
  max_players: { kind: 'number', meaning: 'players that it has room for' },
  motd: { kind: 'text', meaning: 'its message of the day, without colours' },
} as const satisfies FactTable;

export const minecraft: Prober<object, typeof FACTS> = {
  type: 'minecraft',
  proves:
    'A server of the Java edition tells its status, as it does to the list of servers in the game, and answers a ping. Nobody joins.',
  schemes: [{ scheme: 'minecraft', port: PORT, shape: 'host' }],
  example: 'minecraft://play.example.org',
  options: {},
  facts: FACTS,
  codes: {
    protocol:
      'the port is not that of a Java edition of 1.7 or later, or the proxy before it has no such server',
    closed:
      'it hangs up instead of telling its status: it is starting, or a firewall of the game is in between',
    timeout: 'it takes the connection and says nothing: the game hangs',
  },
  proxy: true,
  defaults: () => ({}),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected minecraft://HOST');
    const port = target.port ?? PORT;
    return {
      endpoint: { host: target.host, port },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(Buffer.concat([handshake(target.host, port, STATE_STATUS), packet(STATUS)]));
        context.see(statusFacts(await readStatus(conversation), conversation));
        await ping(conversation);
        conversation.end();
      },
    };
  },
};

async function readStatus(conversation: Conversation): Promise<string> {
  const fields = await readPacket(conversation, STATUS);
  const text = fields.text();
  if (text === null) fail('protocol', 'protocol', `${conversation.peer} sent a status that is cut short`);
  return text;
}

function statusFacts(text: string, { peer }: Conversation): FactsOf<typeof FACTS> {
  const status = parsed(text);
  if (!isObject(status)) {
    const got = safeLine(text, 60);
    return fail('protocol', 'protocol', `${peer} sent a status that is no JSON object: ${got}`, { got });
  }
  const [version, players] = [status['version'], status['players']].map((part) =>
    isObject(part) ? part : {},
  );
  const name = version?.['name'];
  return {
    version: typeof name === 'string' ? safeLine(name, 100) : null,
    protocol: whole(version?.['protocol']),
    players: whole(players?.['online']),
    max_players: whole(players?.['max']),
    motd: motdText(status['description']),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** The game itself answers that; a proxy that only remembers a status does not. */
async function ping(conversation: Conversation): Promise<void> {
  const payload = Buffer.from('puptime!');
  await conversation.write(packet(PING, payload));
  const { rest } = await readPacket(conversation, PING);
  if (!rest().equals(payload))
    fail('protocol', 'protocol', `${conversation.peer} answers a ping with another one`);
}
