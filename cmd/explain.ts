import { assess } from '../lib/probe/expect/assess.ts';
import type { Job } from '../lib/probe/job.ts';
import type { Probed } from '../lib/probe/probe-service.ts';
import { resultOf } from '../lib/probe/result-of.ts';
import type { Traced } from '../lib/probe/wire/trace.ts';
import type { Explained } from '../lib/report/explained.ts';
import { renderExplained } from '../lib/report/explanation.ts';
import { jsonLine, jsonText } from '../lib/report/json-line.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Result } from '../lib/words/result.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { STATUS_NUMBER } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import { explainedDecision, policyAsDecided } from './explained-decision.ts';
import { explainedPhases } from './explained-phases.ts';
import { type Subject, subjectOf } from './explained-subject.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { prepareJobs } from './probing.ts';
import { usesColor } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { shownConfig } from './shown-config.ts';
import { probeTraced } from './traced-probe.ts';
import { createTranscript, type Transcript } from './transcript.ts';
import type { World } from './world.ts';

/** `puptime explain`: one probe told in full, and what would come of it. Remembers nothing; exits as `probe` does. */
export async function explain(options: Options, world: World): Promise<number> {
  if (options.output !== undefined && !['human', 'json', 'ndjson'].includes(options.output))
    throw new UserError(EXIT.usage, `explain -o ${options.output}: expected human, json or ndjson`);
  const subject = await subjectOf(options, world);
  const [job] = await prepareJobs([subject.service], world);
  if (job === undefined) throw new Error('a service makes a job');
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? subject.config.deadline_ms,
  );
  const transcript = createTranscript();
  const traced: Traced[] = [];
  const trace = (entry: Traced) => {
    transcript.add(entry);
    if (entry.kind !== 'sent' && entry.kind !== 'received') traced.push(entry);
  };
  const { probed, condition } = await probeTraced(job, { trace, signal: interruption.probes }, world);
  interruption.end();
  const run = newRun(subject.config.hash === '' ? null : subject.config.hash, world);
  const seen = resultOf(job, probed, run);
  const { result, decision } = await explainedDecision(
    subject,
    { result: seen, condition, run },
    options,
    world,
  );
  const explained = explainedOf({ subject, job, probed, result, traced, transcript }, decision, world);
  if (options.quiet !== true) await writeOut(world.stdout, render(explained, options, world));
  return interruption.exitCode() ?? STATUS_NUMBER[result.status];
}

interface Told {
  readonly subject: Subject;
  readonly job: Job;
  readonly probed: Probed;
  readonly result: Result;
  readonly traced: readonly Traced[];
  readonly transcript: Transcript;
}

function explainedOf(
  { subject, job, probed, result, traced, transcript }: Told,
  decision: Explained['decision'],
  world: World,
): Explained {
  const { reading } = probed.outcome;
  const exchanges = transcript.exchanges(job.redact);
  return {
    schema: 'puptime.explanation.v1',
    service: job.service.name,
    config: shownConfig(job, policyAsDecided(subject, world)),
    resolved: traced.flatMap((entry) =>
      entry.kind === 'resolved'
        ? [{ host: safeLine(job.redact(entry.host)), addresses: entry.addresses }]
        : [],
    ),
    phases: explainedPhases(reading.timings, traced, exchanges),
    connections: traced.flatMap((entry) =>
      entry.kind === 'closed'
        ? [{ peer: safeLine(entry.peer), sent: entry.sent, received: entry.received }]
        : [],
    ),
    commands: traced.flatMap((entry) => {
      if (entry.kind !== 'executed') return [];
      const argv = entry.argv.map((word) => safeLine(job.redact(word)));
      return [{ argv, exit_code: entry.exit_code, signal: entry.signal }];
    }),
    transcript: exchanges,
    expectations: assess(job, job.redact(reading.facts), reading.incomplete).map((each) => ({
      ...each,
      fact: safeLine(each.fact),
      expected: safeLine(job.redact(each.expected), 300),
    })),
    result,
    decision,
  };
}

function render(explained: Explained, options: Options, world: World): string {
  if (options.output === 'json') return jsonText(explained);
  if (options.json === true || options.output === 'ndjson') return jsonLine(explained);
  const color = usesColor(options, world, world.stdout);
  return renderExplained(explained, { color, verbose: options.verbose === true });
}
