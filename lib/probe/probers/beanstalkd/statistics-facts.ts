import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { BEANSTALKD_FACTS } from './beanstalkd-facts.ts';
import type { Statistics } from './statistics.ts';

type Facts = FactsOf<typeof BEANSTALKD_FACTS>;

/** `withJobs`: whether the numbers of jobs are those of all tubes. What is not told is absent. */
export function serverFacts(stats: Statistics, withJobs: boolean): Facts {
  const draining = stats.get('draining');
  const version = stats.get('version');
  return {
    version: version === undefined ? null : safeLine(version, 40),
    uptime_s: numberOf(stats, 'uptime'),
    connections: numberOf(stats, 'current-connections'),
    tubes: numberOf(stats, 'current-tubes'),
    draining: draining === undefined ? null : draining === 'true',
    ...(withJobs ? { ...jobFacts(stats), workers: numberOf(stats, 'current-workers') } : {}),
  };
}

/** `stats` is null where there is no such tube. */
export function tubeFacts(stats: Statistics | null): Facts {
  if (stats === null) return { tube: false };
  const pause = numberOf(stats, 'pause-time-left');
  return {
    tube: true,
    paused: pause === null ? null : pause > 0,
    ...jobFacts(stats),
    workers: numberOf(stats, 'current-watching'),
  };
}

function jobFacts(stats: Statistics): Facts {
  return {
    ready: numberOf(stats, 'current-jobs-ready'),
    urgent: numberOf(stats, 'current-jobs-urgent'),
    reserved: numberOf(stats, 'current-jobs-reserved'),
    delayed: numberOf(stats, 'current-jobs-delayed'),
    buried: numberOf(stats, 'current-jobs-buried'),
    waiting: numberOf(stats, 'current-waiting'),
  };
}

function numberOf(stats: Statistics, name: string): number | null {
  const value = stats.get(name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}
