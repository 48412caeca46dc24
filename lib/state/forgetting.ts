import type { ServiceRecord } from '../words/record.ts';
import { lostId } from './identity.ts';
import type { LostRecord, Memory } from './memory.ts';

/** For how long a service is remembered that has left the config. */
const GONE_KEPT_MS = 30 * 86_400_000;

/**
 * The memory without the services that left the config 30 days ago. Their chains of ids end in one that any new service
 * begins with, so that one which comes back gets no id a second time.
 */
export function forgetGone(memory: Memory, now: number, salt: string): Memory {
  const isOver = ({ gone }: ServiceRecord) => gone !== null && now - Date.parse(gone) > GONE_KEPT_MS;
  const over = [...memory.records.values()].filter(isOver);
  if (over.length === 0) return memory;
  const records = new Map([...memory.records].filter(([, record]) => !isOver(record)));
  const isEnd = ({ service, down }: LostRecord) => service === null && !down;
  const ends = [...memory.lost.filter(isEnd), ...over].map(({ seq, id }) => `${id ?? ''} ${seq}`).sort();
  const end = { lost: true, service: null, seq: 0, id: lostId(salt, ends.join()), down: false } as const;
  return { records, lost: [...memory.lost.filter((record) => !isEnd(record)), end] };
}
