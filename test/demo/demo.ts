// `make demo`: the main job, shown with the built program (or the one named as argument) on services started here.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Event } from '../../lib/words/event.ts';
import { type Health, startServices } from './services.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist/puptime.js'));

const HOOK = `#!/bin/sh
# $1 is the event as a file. PUPTIME_* are its names and numbers. Exit code 0: delivered.
set -eu
echo "on_$PUPTIME_EVENT: $PUPTIME_SERVICE is $PUPTIME_STATUS: $PUPTIME_SUMMARY"
cp "$1" "../seen/$PUPTIME_EVENT-$PUPTIME_SERVICE.json"
`;

const health: Health = { cachePassword: 'correct-horse', shopDelay_ms: 0, shopAddress: '192.0.2.10' };
const services = await startServices(health);
const place = mkdtempSync(path.join(tmpdir(), 'puptime-demo-'));
const { NODE_EXTRA_CA_CERTS: _, PUPTIME_CONFIG: _config, ...inherited } = process.env;
const env = {
  ...inherited,
  ...services.ports,
  CACHE_PASSWORD: health.cachePassword,
  PUPTIME_STATE: path.join(place, 'state'),
  XDG_CACHE_HOME: path.join(place, 'cache'),
  PATH: `${place}/bin:${process.env['PATH'] ?? ''}`,
};
const missed: string[] = [];
const events = new Map<string, Event>();
let steps = 0;
/** of reason, incident and change: what is shown of them */
const INNER = [
  'code',
  'phase',
  'text',
  'id',
  'started',
  'ended',
  'duration_s',
  'fact',
  'before',
  'after',
  'diff',
];

try {
  furnish();
  await show();
} finally {
  services.close();
  rmSync(place, { recursive: true, force: true });
}
if (missed.length > 0) {
  say(`\nThe demo did not go as it should:\n${missed.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = 1;
}

/** A directory as a user would have it: config, hooks, and the program in PATH. */
function furnish(): void {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run make first`);
  for (const name of ['bin', 'hooks', 'seen']) mkdirSync(path.join(place, name), { mode: 0o755 });
  symlinkSync(PROGRAM, path.join(place, 'bin/puptime'));
  copyFileSync(path.join(ROOT, 'docs/example/puptime.yaml'), path.join(place, 'puptime.yaml'));
  chmodSync(path.join(place, 'puptime.yaml'), 0o644);
  for (const name of ['on_down', 'on_up', 'on_slow', 'on_change']) {
    const hook = path.join(place, 'hooks', name);
    writeFileSync(hook, HOOK);
    chmodSync(hook, 0o755);
  }
}

async function show(): Promise<void> {
  say(`Five services have been started on loopback: a web shop, a Redis, a mail server, a name server, a gateway.
puptime.yaml lists them (docs/example/puptime.yaml). Each of hooks/on_down, on_up, on_slow and on_change is this:\n`);
  say(indent(HOOK));

  title('All is well');
  await run('puptime validate');
  await run('puptime run -v -o human');
  expectHooks([]);

  title('The cache refuses its password: the port is open, and yet it does not work');
  health.cachePassword = 'changed-by-somebody';
  await run('puptime run -v -o human');
  expectHooks(['down-cache']);
  say('  What the hook got, in part; the password of the target is not in it:\n');
  say(
    indent(excerpt('down-cache', ['event', 'service', 'status', 'summary', 'reason', 'target', 'incident'])),
  );

  title('The shop becomes slow');
  health.shopDelay_ms = 1200;
  await run('puptime run -v -o human');
  expectHooks(['slow-shop']);

  title('The name server gives another answer');
  health.shopDelay_ms = 0;
  health.shopAddress = '192.0.2.66';
  await run('puptime run -v -o human');
  expectHooks(['change-ns1']);
  say(indent(excerpt('change-ns1', ['event', 'service', 'change'])));

  title('The cache is repaired');
  health.cachePassword = env.CACHE_PASSWORD;
  await run('puptime run -v -o human');
  expectHooks(['up-cache']);
  say(indent(excerpt('up-cache', ['event', 'service', 'status', 'incident'])));

  title('What is remembered');
  await run('puptime status');
  say(`
That is all: a list of services, a few executables, and one line in a crontab:

  * * * * * puptime run -c $HOME/puptime.yaml

hooks.example/ has hooks to copy: e-mail, Slack, SMS, a log.`);
}

/** Runs a command line in the demo’s directory and shows it with what it prints. It must exit with 0. */
async function run(command: string): Promise<void> {
  say(`$ ${command}`);
  const code = await new Promise<number | string>((resolve) => {
    const child = execFile('/bin/sh', ['-c', `${command} 2>&1`], { cwd: place, env }, (error, stdout) => {
      say(indent(stdout.replaceAll(`${place}/`, '')));
      resolve(error === null ? 0 : (error.code ?? String(error.signal)));
    });
    child.stdin?.end();
  });
  if (code !== 0) missed.push(`${command}: exit code ${String(code)}, expected 0`);
}

/** Exactly these hooks must have run since the last look. */
function expectHooks(expected: readonly string[]): void {
  const seen = path.join(place, 'seen');
  const ran = readdirSync(seen).map((name) => name.replace('.json', ''));
  for (const name of expected) if (!ran.includes(name)) missed.push(`no hook ran for ${name}`);
  for (const name of ran) if (!expected.includes(name)) missed.push(`a hook ran for ${name}, and should not`);
  for (const name of ran) {
    events.set(name, JSON.parse(readFileSync(path.join(seen, `${name}.json`), 'utf8')) as Event);
    rmSync(path.join(seen, `${name}.json`));
  }
}

function excerpt(name: string, fields: readonly (keyof Event)[]): string {
  const event = events.get(name);
  if (event === undefined) return '(nothing)\n';
  return `${JSON.stringify(event, [...fields, ...INNER], 2)}\n`;
}

function title(text: string): void {
  steps += 1;
  say(`\n${String(steps)}. ${text}\n`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ').replace(/\n$/, '');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
