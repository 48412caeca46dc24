import { parseForeignJson } from '../../words/foreign-json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { CannotTell, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { ExecutionOutcome } from '../wire/execution.ts';
import { COMMAND_FACTS, commandDefaults } from './command/command-facts.ts';
import {
  COMMAND_OPTIONS,
  type CommandOptions,
  type Parse,
  planExecution,
} from './command/command-options.ts';
import { metricsOf, parsePerfdata } from './command/perfdata.ts';
import { splitPluginOutput } from './command/plugin-output.ts';

type Context = ProbeContext<typeof COMMAND_FACTS>;

export const command: Prober<CommandOptions, typeof COMMAND_FACTS> = {
  type: 'command',
  proves:
    'The program ended by itself, in time, with exit code 0 and no flood of output; with `parse: json` it printed a document; with `parse: nagios` it is a plugin that said OK.',
  schemes: [],
  example: 'command: [/usr/lib/nagios/plugins/check_load, -w, "5", -c, "10"], parse: nagios',
  options: COMMAND_OPTIONS,
  required: ['command'],
  facts: COMMAND_FACTS,
  codes: {
    exit: 'the exit code is not 0, or, with `parse: nagios`, that of WARNING or CRITICAL; unknown where it is that of UNKNOWN, or the program cannot be run at all (126, 127)',
    signal: 'a signal ended it',
    timeout: 'it had not ended in time; it and all that it started were ended',
    protocol: 'with `parse: json`, what it printed is no JSON',
    too_large: 'it printed more than is read',
    tool_missing: 'there is no such program; unknown',
  },
  defaults: (options) => commandDefaults(options),
  prepare({ options, wanted }) {
    const execution = planExecution(options, wanted);
    const [file] = execution.argv;
    const parse = options.parse ?? 'text';
    return {
      endpoint: null,
      async run(context) {
        const outcome = await context.execute({
          ...execution,
          cutOff: (stdout, stderr) => seeOutput(context, parse, wanted, { stdout, stderr }),
        });
        const { exitCode, signal } = outcome;
        const output = seeOutput(context, parse, wanted, outcome);
        if (outcome.flooded) fail('too_large', 'protocol', `${file} printed more than 1 MiB and was ended`);
        context.see({ exit_code: exitCode, signal });
        if (parse === 'nagios') refuseUntold(file, exitCode, signal, output);
        if (parse === 'json' && signal === null) seeJson(context, file, output, exitCode, wanted);
      },
    };
  },
};

/** Reports what it printed, in every form that is asked for. */
function seeOutput(
  context: Context,
  parse: Parse,
  wanted: ReadonlySet<string>,
  outcome: Pick<ExecutionOutcome, 'stdout' | 'stderr'>,
): string {
  const printed = decode(outcome.stdout);
  const stderr = decode(outcome.stderr);
  const { text, perfdata } =
    parse === 'nagios' ? splitPluginOutput(printed) : { text: printed, perfdata: '' };
  context.see({ output: text, stderr });
  context.show([text, stderr].filter((part) => part !== '').join('\n'));
  if (parse === 'lines' || wanted.has('lines')) context.see({ lines: text === '' ? [] : text.split('\n') });
  if (parse === 'nagios') {
    const items = parsePerfdata(perfdata);
    const metrics = metricsOf(items);
    context.see({ metrics, perfdata: items });
    context.measure(metrics);
  }
  return text;
}

function seeJson(
  context: Context,
  file: string,
  output: string,
  exitCode: number | null,
  wanted: ReadonlySet<string>,
): void {
  const json = parseForeignJson(output.startsWith('\ufeff') ? output.slice(1) : output);
  if (json !== undefined) {
    context.see({ json });
    return;
  }
  // What failed has said so by its exit code, and need not print a document besides.
  if (exitCode !== 0 && !wanted.has('exit_code')) return;
  const got = output === '' ? 'nothing' : safeLine(output, 80);
  fail('protocol', 'protocol', `${file} printed no JSON, but ${got}`, { expected: 'a JSON document', got });
}

/** A plugin that says UNKNOWN, or breaks, has told nothing about the service. */
function refuseUntold(file: string, exitCode: number | null, signal: string | null, output: string): void {
  if (signal !== null) throw new CannotTell('signal', `the plugin ${file} was ended by ${signal}`);
  if (exitCode === null || (exitCode >= 0 && exitCode <= 2)) return;
  const said = output === '' ? '' : `: ${safeLine(output.split('\n', 1)[0] ?? '', 120)}`;
  const what = exitCode === 3 ? 'says that it cannot tell' : `ended with ${exitCode}, which no plugin does`;
  throw new CannotTell('exit', `the plugin ${file} ${what}${said}`);
}

/** As `$(…)` of a shell: without line ends at its end. */
function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8').replaceAll('\r\n', '\n');
  let end = text.length;
  while (end > 0 && text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}
