import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { askInfo } from './source/info.ts';

const PORT = 27015;

export const SOURCE_FACTS = {
  name: { kind: 'text', meaning: 'the name that the server gives itself' },
  map: { kind: 'word', meaning: 'the map that is played' },
  game: { kind: 'text', meaning: 'the game, as `Counter-Strike 2`' },
  folder: { kind: 'word', meaning: 'the game’s folder, as `csgo`' },
  players: { kind: 'number', meaning: 'players that are there, bots among them' },
  max_players: { kind: 'number', meaning: 'players that it has room for' },
  bots: { kind: 'number', meaning: 'how many of them are bots' },
  password: { kind: 'bool', meaning: 'whether one needs a password to join' },
  version: {
    kind: 'word',
    meaning: 'version of the game; absent from servers of the first engine (GoldSource)',
  },
} as const satisfies FactTable;

export const source: Prober<object, typeof SOURCE_FACTS> = {
  type: 'source',
  proves:
    'A game server that speaks Valve’s query protocol (Source, GoldSource, and many others) tells what is played on it. One question, a second time with the number that the server asks for.',
  schemes: [{ scheme: 'source', port: PORT, shape: 'host' }],
  example: 'source://game.example.org',
  options: {},
  facts: SOURCE_FACTS,
  codes: {
    protocol: 'it answers, but not in Valve’s query protocol',
    timeout:
      'it does not answer: the game hangs, or its port for queries is another one (some use the next one)',
    refused: 'the host says that nothing listens there',
  },
  defaults: () => ({}),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected source://HOST');
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        context.see(await askInfo(await context.datagrams()));
      },
    };
  },
};
