import { readFileSync } from 'node:fs';
import { isObject } from '../words/json.ts';
import type { ServiceRecord } from '../words/record.ts';
import { setAside } from './corrupt.ts';
import { errnoOf, replaceFile } from './durable-file.ts';
import { lostId, sid, type Stamp } from './identity.ts';
import type { QueueContent } from './queue.ts';
import { directoriesOf, missingError, type State } from './state-directory.ts';

/** What is left of a record that could not be read. Kept until its service has a new one. */
export interface LostRecord {
  readonly lost: true;
  /** null when not even the name could be read: it may be any service without a record */
  readonly service: string | null;
  readonly seq: number;
  /** where the chain of ids goes on, so that no id is given twice */
  readonly id: string;
  /** true when it may have been announced down: an on_up may be owed */
  readonly down: boolean;
}

/** What the last runs left: one record per service, the newest of snapshot and queue. */
export interface Memory {
  readonly records: ReadonlyMap<string, ServiceRecord>;
  readonly lost: readonly LostRecord[];
}

/**
 * Reads the snapshot and takes the newer record where the queue holds one. A damaged line is set aside in corrupt/ and
 * reported; only its service starts anew. `isRecord` says whether a line’s content is a whole record.
 * Throws the errno when the file is there but cannot be read.
 */
export function loadMemory(
  state: State,
  queue: QueueContent,
  isRecord: (value: unknown) => value is ServiceRecord = isStamped,
): Memory {
  const records = new Map<string, ServiceRecord>();
  const lost: LostRecord[] = [];
  for (const directory of directoriesOf(state)) {
    for (const [index, line] of readLines(directory).entries()) {
      if (line === '') continue;
      const value = parseJson(line);
      if (isRecord(value)) keepNewer(records, value);
      else lost.push(isLost(value) ? value : setLineAside(state, line, index + 1));
    }
  }
  for (const { record } of queue.entries) if (record !== null) keepNewer(records, record);
  for (const { sid: name, received, stamp } of queue.damaged) {
    const { seq, id } = stamp;
    if (received) continue;
    const record = [...records.values()].find((known) => sid(known.service) === name);
    // Also when the snapshot knows of it: what it had to announce may not have been announced.
    if (record !== undefined && record.seq <= seq) {
      const told = { ...record.told, down: false, perhaps: true } as const;
      const end = record.seq === seq ? {} : { seq, id };
      records.set(record.service, { ...record, ...end, told });
    }
    if (record === undefined) lost.push({ lost: true, service: name, seq, id: id ?? '', down: true });
  }
  return { records, lost: lost.filter(({ service }) => service === null || !records.has(service)) };
}

/** Where something was written, and what went wrong with the better place. */
export type Saved =
  { readonly where: 'state' } | { readonly where: 'overlay' | 'nowhere'; readonly error: Error };

/**
 * Writes the snapshot whole and durably; what is lost of services that have no record yet goes along. Where the state
 * directory takes it not, the old one still stands there, and the overlay gets it.
 */
export function saveMemory(
  state: State,
  records: Iterable<ServiceRecord>,
  lost: readonly LostRecord[],
): Saved {
  const text = snapshotOf(records, lost);
  try {
    if (state.missing !== null) throw missingError(state);
    replaceFile(snapshotPath(state.dir), text, { durable: true });
    return { where: 'state' };
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    return { where: saveInOverlay(state, text) ? 'overlay' : 'nowhere', error };
  }
}

function saveInOverlay({ overlay }: State, text: string): boolean {
  const directory = overlay.make();
  if (directory === null) return false;
  try {
    replaceFile(snapshotPath(directory), text, { durable: false });
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function snapshotOf(records: Iterable<ServiceRecord>, lost: readonly LostRecord[]): string {
  const known = new Set<string>();
  const lines: string[] = [];
  for (const record of records) {
    if (lost.length > 0) known.add(record.service).add(sid(record.service));
    lines.push(JSON.stringify(record));
  }
  for (const record of lost) {
    if (record.service === null || !known.has(record.service)) lines.push(JSON.stringify(record));
  }
  lines.push('');
  return lines.join('\n');
}

/** Where a service’s chain of ids goes on. */
export function stampOf(memory: Memory, service: string): Stamp {
  const record = memory.records.get(service);
  if (record !== undefined) return record;
  const name = sid(service);
  const own = memory.lost.find((lost) => lost.service === service || lost.service === name);
  if (own !== undefined) return own;
  // A nameless damaged line may have been this service: its first id must not be one that was given before.
  const nameless = memory.lost.filter((lost) => lost.service === null).map((lost) => lost.id);
  return nameless.length === 0 ? { seq: 0, id: null } : { seq: 0, id: nameless.sort().join('+') };
}

/** Whether a service’s record was damaged and may have said that it was announced down. */
export function mayBeDown(memory: Memory, service: string): boolean {
  if (memory.records.has(service)) return false;
  const name = sid(service);
  return memory.lost.some((lost) => lost.down && (lost.service === service || lost.service === name));
}

function snapshotPath(directory: string): string {
  return `${directory}/memory.ndjson`;
}

function readLines(directory: string): string[] {
  try {
    return readFileSync(snapshotPath(directory), 'utf8').split('\n');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function keepNewer(records: Map<string, ServiceRecord>, record: ServiceRecord): void {
  const present = records.get(record.service);
  if (present === undefined || isNewer(record, present)) records.set(record.service, record);
}

/** Without a transition between them, the one that was probed later. */
function isNewer(a: ServiceRecord, b: ServiceRecord): boolean {
  return a.seq === b.seq ? a.started > b.started : a.seq > b.seq;
}

const HEAD = /^\{"service":"([^"\\]{1,300})","seq":(\d{1,15}),"id":(?:null|"([0-9a-f]{32})")[,}]/;

function setLineAside(state: State, line: string, number: number): LostRecord {
  const [, service = null, seq] = HEAD.exec(line) ?? [];
  const kept = setAside(state, 'memory-line', line);
  const whose = service === null ? 'its service, whose name cannot be read,' : JSON.stringify(service);
  const where = kept === null ? 'it could not be set aside' : `set aside as ${kept}`;
  state.report(`state ${state.dir}: memory.ndjson:${number} is damaged: ${whose} starts anew; ${where}`);
  const told = line.includes('"told":{"down":false');
  return { lost: true, service, seq: Number(seq ?? 0), id: lostId(state.salt, line), down: !told };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isStamped(value: unknown): value is ServiceRecord {
  return (
    isObject(value) &&
    value.lost === undefined &&
    typeof value.service === 'string' &&
    Number.isSafeInteger(value.seq) &&
    (value.id === null || typeof value.id === 'string') &&
    typeof value.status === 'string' &&
    typeof value.started === 'string' &&
    isObject(value.told) &&
    Array.isArray(value.window) &&
    isObject(value.baseline) &&
    isObject(value.recent)
  );
}

function isLost(value: unknown): value is LostRecord {
  return (
    isObject(value) &&
    value.lost === true &&
    (value.service === null || typeof value.service === 'string') &&
    Number.isSafeInteger(value.seq) &&
    typeof value.id === 'string' &&
    typeof value.down === 'boolean'
  );
}
