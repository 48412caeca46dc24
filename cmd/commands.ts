import { EVENTS, REPLAY } from './events-options.ts';
import {
  DECIDE,
  DELIVER,
  EXPLAIN,
  HOOK,
  type OptionTable,
  type Options,
  PROBE,
  SILENCE,
  STATUS,
  VALIDATE,
} from './options.ts';
import { RUN } from './run-options.ts';
import { SIMULATE } from './simulate-options.ts';
import type { World } from './world.ts';

/** One command: what its help says, and how it is started. */
export interface Command {
  readonly usage: string;
  readonly describe: string;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** each command’s file is loaded only when it is called */
  start(options: Options, world: World): Promise<number>;
}

/** All that can be written after `puptime`. */
export const COMMANDS: readonly Command[] = [
  {
    usage: 'run [names..]',
    describe: 'the main job: probe what is due, decide, run hooks',
    options: RUN,
    examples: [
      ['* * * * * puptime run', 'in a crontab: silent unless puptime itself is in trouble'],
      ['puptime run --json | jq -r "select(.status != \\"up\\") | .summary"', 'results as they come'],
      ['puptime run cache --dry-run', 'what would be announced'],
    ],
    start: async (options, world) => (await import('./run.ts')).run(options, world),
  },
  {
    usage: 'probe [names..]',
    describe: 'results only: no memory, no hooks. A URL needs no config',
    options: PROBE,
    examples: [
      ['puptime probe redis://cache:6379 https://example.org', 'without any config'],
      ['puptime probe --json website | jq .facts', 'what was seen'],
      [
        'puptime probe --due --json | puptime decide | puptime deliver -',
        'the steps of puptime run, joined by pipes',
      ],
    ],
    start: async (options, world) => (await import('./probe.ts')).probe(options, world),
  },
  {
    usage: 'decide',
    describe: 'results (stdin) and memory to events (stdout)',
    options: DECIDE,
    examples: [['puptime probe --due --json | puptime decide', 'the events of what is due now']],
    start: async (options, world) => (await import('./decide.ts')).decideResults(options, world),
  },
  {
    usage: 'deliver [input]',
    describe: 'pending events to hooks; with - also events from stdin',
    options: DELIVER,
    examples: [
      ['puptime deliver', 'try again what failed'],
      ['ssh probe-host puptime decide | puptime deliver -', 'hooks here for what was seen there'],
    ],
    start: async (options, world) => (await import('./deliver.ts')).deliver(options, world),
  },
  {
    usage: 'status [names..]',
    describe: 'what is remembered of each service; no network',
    options: STATUS,
    examples: [
      ['puptime status --json | jq -r "select(.status == \\"down\\") | .service"', 'what is down'],
      ['puptime status -o prometheus > puptime.prom.new', 'what is remembered, for a textfile collector'],
      ['puptime status --max-age 5m', 'exits with 3 when the last run is too old: for a second watcher'],
    ],
    start: async (options, world) => (await import('./status.ts')).status(options, world),
  },
  {
    usage: 'simulate [words..]',
    describe: 'a story such as UUDDDUUS through the real decisions: which hook would run when',
    options: SIMULATE,
    examples: [
      ['puptime simulate UUDDDUUS', 'letters: up, down, slow (S), degraded (W), unknown (?), (held)'],
      ['puptime simulate cache "U D D D U" --every 1m', 'with what the config says of cache'],
      ['puptime simulate UDDD --set down_after=3 --expect "first · · down"', 'a test of your own thresholds'],
      ['puptime simulate --results run.ndjson', 'what happened, decided again'],
    ],
    start: async (options, world) => (await import('./simulate.ts')).simulate(options, world),
  },
  {
    usage: 'explain <name>',
    describe: 'one probe told in full: phases, transcript, each expectation, and what would be announced',
    options: EXPLAIN,
    examples: [
      ['puptime explain cache', 'why it is announced, or not'],
      ['puptime explain https://example.org', 'a URL needs no config'],
    ],
    start: async (options, world) => (await import('./explain.ts')).explain(options, world),
  },
  {
    usage: 'silence [words..]',
    describe: 'no announcements for a while; alone: what is silenced; silence lift ends it',
    options: SILENCE,
    examples: [
      ['puptime silence "shop/*" tag:db --for 2h --note "moving racks"', 'ends by itself'],
      ['puptime silence --all --until 18:30', 'everything'],
      ['puptime silence lift 1f3a5c7e', 'by its id, or by the words it was ordered with'],
    ],
    start: async (options, world) => (await import('./silence.ts')).silence(options, world),
  },
  {
    usage: 'validate [files..]',
    describe: 'check config and hooks: every problem at once as file:line:col',
    options: VALIDATE,
    examples: [['puptime validate -c puptime.yaml', 'before a commit']],
    start: async (options, world) => (await import('./validate.ts')).validateConfig(options, world),
  },
  {
    usage: 'events [words..]',
    describe: 'events that wait, are dead or done lately; events show|retry|drop|ack ID…',
    options: EVENTS,
    examples: [
      ['puptime events', 'what waits for which hook, what was given up, what was done lately'],
      ['puptime events --dead --json | jq -r "[.service, .hook, .reason] | @tsv"', 'for a script'],
      ['puptime events show 5f3a12', 'one event in full; the beginning of its id will do'],
      ['puptime events retry 5f3a12', 'try again now; so with those that were given up'],
      ['puptime events retry --dead --all', 'all that were given up, once their hook is repaired'],
      ['puptime events drop 5f3a12 --hook on_down.d/20-sms', 'not for this hook'],
      [
        'puptime decide < results | ssh hooks-host puptime deliver - | puptime events ack -',
        'on the probe host: what was delivered elsewhere is not printed again',
      ],
    ],
    start: async (options, world) => (await import('./events.ts')).events(options, world),
  },
  {
    usage: 'replay <files..>',
    describe: 'run hooks again for event files, now and once; - is stdin',
    options: REPLAY,
    examples: [
      ['puptime replay event.json', 'a file that a hook has kept'],
      ['puptime replay results.ndjson --hook on_down.d/30-ticket --dry-run', 'what that hook would get'],
    ],
    start: async (options, world) => (await import('./replay.ts')).replay(options, world),
  },
  {
    usage: 'hook <action> [words..]',
    describe:
      'hook test EVENT [NAME]: run a hook on a sample event; hook lint [PATH…]: what is wrong with hooks',
    options: HOOK,
    examples: [
      ['puptime hook test down', 'all hooks for down'],
      ['puptime hook test up cache', 'as if the service cache were up again'],
      ['puptime hook lint', 'all hooks of the config: mode, owner, #! line, names that never run'],
      ['puptime hook lint ./on_down', 'one file, whether it is installed or not'],
    ],
    start: async (options, world) => (await import('./hook.ts')).hook(options, world),
  },
  {
    usage: 'schema <which>',
    describe: 'print the JSON Schema of config, result or event',
    options: {},
    examples: [['puptime schema event > event.schema.json', '']],
    start: async (options, world) => (await import('./schema.ts')).schema(options, world),
  },
];
