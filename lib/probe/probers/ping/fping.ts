import { safeLine } from '../../../words/safe-text.ts';
import { type Address, CannotTell, type ProbeContext } from '../../prober.ts';
import { type Echoes, saysUnreachable, spread } from './echoes.ts';
import { type PingPlan, waitWithin } from './ping-plan.ts';

/**
 * Pings addresses of one family in one process; what it says is keyed by address. Throws CannotTell, with tool_missing
 * or permission when another tool may be able to do it.
 */
export async function runFping(
  context: Pick<ProbeContext, 'execute' | 'remaining_ms' | 'source'>,
  addresses: readonly [Address, ...Address[]],
  plan: PingPlan,
): Promise<ReadonlyMap<string, Echoes>> {
  const ips = [...new Set(addresses.map(({ ip }) => ip))];
  const wait_ms = waitWithin(plan, context.remaining_ms(), ips.length);
  const outcome = await context.execute({
    argv: [
      'fping',
      addresses[0].family === 6 ? '-6' : '-4',
      ...['-C', String(plan.count), '-p', String(plan.gap_ms), '-t', String(wait_ms), '-i', '1'],
      ...['-b', String(plan.size)],
      ...(context.source === null ? [] : ['-S', context.source]),
      ...ips,
    ],
    env: { LC_ALL: 'C' },
    maxOutput: 16 * 2 ** 20,
  });
  const stderr = outcome.stderr.toString('utf8');
  // 0: all answered, 1: some did not. All else is about fping itself.
  if (outcome.exitCode !== 0 && outcome.exitCode !== 1)
    throw explain(outcome.exitCode, outcome.signal, stderr);
  return parseFping(ips, outcome.stdout.toString('utf8'), stderr);
}

const SUMMARY =
  /^(\S{1,100}) {0,100}: ((?:-|\d{1,9}(?:\.\d{1,9})?)(?: (?:-|\d{1,9}(?:\.\d{1,9})?)){0,9999})$/;
const SENT = /^(\S{1,100}) {0,100}: \[\d{1,9}\],/;
const ICMP = /^ICMP (.{1,100}) from (\S{1,100}) for ICMP Echo sent to (\S{1,100})/;

/**
 * stderr has one line for each address (`192.0.2.1 : 0.05 - 0.04`) and what routers said; stdout a line for each packet
 * that was sent, answered or not. Exported for its tests.
 */
export function parseFping(
  ips: readonly string[],
  stdout: string,
  stderr: string,
): ReadonlyMap<string, Echoes> {
  const wanted = new Set(ips);
  const wentOut = new Set(stdout.split('\n').map((line) => SENT.exec(line)?.[1] ?? ''));
  const unreachable = new Map<string, { readonly by: string; readonly words: string }>();
  const found = new Map<string, Echoes>();
  for (const line of stderr.split('\n')) {
    const [, words, by, to] = ICMP.exec(line) ?? [];
    if (words !== undefined && by !== undefined && to !== undefined && saysUnreachable(words))
      unreachable.set(to, { by: safeLine(by), words: safeLine(words.toLowerCase()) });
    const [, ip, list] = SUMMARY.exec(line) ?? [];
    if (ip === undefined || list === undefined || !wanted.has(ip)) continue;
    const values = list.split(' ');
    const times = values.filter((value) => value !== '-').map(Number);
    const sent = wentOut.has(ip) || times.length > 0 ? values.length : 0;
    found.set(ip, { sent, received: times.length, rtt: spread(times), unreachable: null, trouble: null });
  }
  return new Map(
    [...found].map(([ip, echoes]) => [ip, { ...echoes, unreachable: unreachable.get(ip) ?? null }]),
  );
}

function explain(exitCode: number | null, signal: string | null, stderr: string): CannotTell {
  const said = safeLine(stderr, 120);
  if (signal !== null) return new CannotTell('signal', `fping was ended by ${signal}`);
  if (/bind source address/i.test(stderr))
    return new CannotTell('resources', `fping cannot send from the address in \`source\`: ${said}`);
  if (/socket|permitted|permission|root/i.test(stderr))
    return new CannotTell(
      'permission',
      `fping may not ping here (${said}): give it cap_net_raw, or set net.ipv4.ping_group_range`,
    );
  return new CannotTell('internal', `fping ended with ${String(exitCode)}: ${said}`);
}
