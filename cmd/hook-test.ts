import { testHooks } from '../lib/deliver/hook-test.ts';
import { sampleEvent } from '../lib/deliver/sample-event.ts';
import { splitTarget } from '../lib/config/target.ts';
import { EVENT_KINDS, type EventKind } from '../lib/words/event.ts';
import { didYouMean } from '../lib/words/did-you-mean.ts';
import { showDuration } from '../lib/words/duration-text.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Config } from '../lib/words/service.ts';
import { deliverWorld } from './delivering.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { newRun } from './run-info.ts';
import { readConfig, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime hook test EVENT [NAME]`: all hooks of a sample event, one after the other; nothing is remembered. */
export async function testHook(options: Options, world: World): Promise<number> {
  const [event, name, more] = options._;
  if (event === undefined || more !== undefined)
    throw new UserError(EXIT.usage, 'hook test: expected EVENT [NAME], as in hook test down');
  const kind = eventKind(event);
  const config = withHooksOption(await readConfig(options, world), options, world);
  const service = serviceNamed(config, name);
  const interruption = listenForInterruption(null);
  const unique = Buffer.from(world.randomBytes(8)).toString('hex');
  const sample = sampleEvent({
    kind,
    service,
    target: service === null || service.target === null ? null : shownTarget(service.target),
    now: world.now(),
    run: newRun(config.hash, world),
    unique,
  });
  const tests = await testHooks({
    event: sample,
    hooks: config.hooks,
    service: service?.hooks ?? null,
    signal: interruption.hooks,
    world: deliverWorld(world),
  });
  interruption.end();
  if (tests.length === 0)
    throw new UserError(
      EXIT.noInput,
      `there is no hook for on_${kind} in ${config.hooks.dir ?? 'any directory'}: expected an executable on_${kind}, or some in on_${kind}.d/`,
    );
  for (const { path, kind: end, text, output, duration_ms } of tests) {
    const took = duration_ms === null ? '' : ` in ${showDuration(duration_ms)}`;
    await writeOut(
      world.stdout,
      `${path}: ${end === 'done' ? 'delivered' : end} (${text})${took}\n${indented(output)}`,
    );
  }
  if (tests.some((test) => test.kind === 'refused')) {
    report(world, 'a hook was refused: it would not run, and its events would wait');
    return EXIT.notPermitted;
  }
  return (
    interruption.exitCode() ?? (tests.some((test) => test.kind === 'failed') ? EXIT.hookFailed : EXIT.ok)
  );
}

function eventKind(word: string): EventKind {
  const bare = word.replace(/^on_/, '');
  const kind = EVENT_KINDS.find((known) => known === bare);
  if (kind === undefined)
    throw new UserError(
      EXIT.usage,
      `there is no event "${safeLine(word, 40)}"${didYouMean(bare, EVENT_KINDS) || `, expected one of ${EVENT_KINDS.join(', ')}`}`,
    );
  return kind;
}

function serviceNamed(config: Config, name: string | undefined) {
  if (name === undefined) return null;
  const service = config.services.find((known) => known.name === name);
  if (service === undefined)
    throw new UserError(
      EXIT.usage,
      `${safeLine(name)}: no service matches${didYouMean(
        name,
        config.services.map((known) => known.name),
      )}`,
    );
  return service;
}

/** Without its secrets, which a sample does not need. */
function shownTarget(target: string): string {
  const split = splitTarget(target);
  if (!split.ok) return '***';
  const { scheme, username, password, host, port, path } = split.target;
  const user =
    username === null && password === null ? '' : `${username ?? ''}${password === null ? '' : ':***'}@`;
  return `${scheme}://${user}${host}${port === null ? '' : `:${port}`}${path}`.replace(/\$\{[^}]*\}/g, '***');
}

function indented(output: string): string {
  return output === ''
    ? ''
    : `${output
        .trimEnd()
        .split('\n')
        .map((line) => `  | ${line}`)
        .join('\n')}\n`;
}
