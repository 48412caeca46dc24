import { safeLine } from '../../../words/safe-text.ts';
import { type Address, CannotTell, type ProbeContext } from '../../prober.ts';
import { type Echoes, saysUnreachable } from './echoes.ts';
import { type PingPlan, waitWithin } from './ping-plan.ts';

/** Pings one address with ping (of iputils or busybox), where fping is not to be had. Throws CannotTell. */
export async function runPing(
  context: Pick<ProbeContext, 'execute' | 'remaining_ms' | 'source'>,
  address: Address,
  plan: PingPlan,
): Promise<Echoes> {
  const wait_ms = waitWithin(plan, context.remaining_ms(), 1);
  const outcome = await context.execute({
    argv: [
      'ping',
      ...['-n', '-c', String(plan.count), '-i', String(plan.gap_ms / 1000)],
      // Whole seconds where it can be: older ones take nothing else.
      ...['-W', wait_ms >= 1000 ? String(Math.floor(wait_ms / 1000)) : (wait_ms / 1000).toFixed(2)],
      ...['-s', String(plan.size)],
      ...(context.source === null ? [] : ['-I', context.source]),
      address.ip,
    ],
    env: { LC_ALL: 'C' },
  });
  const echoes = parsePing(outcome.stdout.toString('utf8'));
  if (echoes !== null) return echoes;
  const said = safeLine(outcome.stderr.toString('utf8'), 120);
  if (outcome.signal !== null) throw new CannotTell('signal', `ping was ended by ${outcome.signal}`);
  if (/socket|not permitted|lacking privilege|cap_net_raw|suid/i.test(said))
    throw new CannotTell(
      'permission',
      `ping may not ping here (${said}): give it cap_net_raw, or set net.ipv4.ping_group_range`,
    );
  return { sent: 0, received: 0, rtt: null, unreachable: null, trouble: said };
}

const COUNTS = /^(\d{1,9}) packets transmitted, (\d{1,9})(?: packets)? received/m;
const TIMES =
  /^(?:rtt|round-trip) min\/avg\/max(?:\/\S{1,20})? = ([\d.]{1,20})\/([\d.]{1,20})\/([\d.]{1,20})/m;
const ICMP = /^From (\S{1,100}):? icmp_seq=\d{1,9} (.{1,100})$/;

/** Null when there is no summary: it did not get so far. Exported for its tests. */
export function parsePing(stdout: string): Echoes | null {
  const [, sent, received] = COUNTS.exec(stdout) ?? [];
  if (sent === undefined || received === undefined) return null;
  const [, min, avg, max] = TIMES.exec(stdout) ?? [];
  const rtt =
    min === undefined || avg === undefined || max === undefined || Number(received) === 0
      ? null
      : { min: Number(min), avg: Number(avg), max: Number(max) };
  return {
    sent: Number(sent),
    received: Number(received),
    rtt,
    unreachable: unreachableIn(stdout),
    trouble: null,
  };
}

function unreachableIn(stdout: string): Echoes['unreachable'] {
  for (const line of stdout.split('\n')) {
    const [, by, words] = ICMP.exec(line) ?? [];
    if (by !== undefined && words !== undefined && saysUnreachable(words))
      return { by: safeLine(by.replace(/:$/, '')), words: safeLine(words.toLowerCase()) };
  }
  return null;
}
