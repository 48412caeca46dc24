import { existsSync, rmSync } from 'node:fs';
import { temporaryDirectory } from '../servers/daemon.ts';
import { isBroken, tellEnd } from './bench.ts';
import {
  CAN_MOUNT,
  type Disk,
  NEARLY_FULL_DISKS,
  NOTHING_TAKES_A_FILE,
  programOn,
  SPOILT_DISKS,
  UNMOUNTABLE,
} from './disks.ts';
import { createLab, type Lab } from './lab.ts';
import { overlayOf } from './leftovers.ts';
import { ageState } from './state-age.ts';
import {
  inParallel,
  resultOf,
  sampleOf,
  skippedSweep,
  type SweepOptions,
  type SweepResult,
} from './sweep.ts';

/** The disk takes nothing from before the step `from` until after the step `to`. */
interface Point {
  readonly steps: readonly Step[];
  readonly disk: Disk;
  readonly from: number;
  readonly to: number;
  /** on_down fails at its first attempt */
  readonly flaky: boolean;
}

/** What becomes of the service `a` before a run, and what is told of it in that run. */
interface Step {
  readonly condition: 'up' | 'down';
  readonly event: 'first' | 'down' | 'up' | null;
}

const STEPS: readonly Step[] = [
  { condition: 'up', event: 'first' },
  { condition: 'down', event: 'down' },
  { condition: 'down', event: null },
  { condition: 'up', event: 'up' },
  { condition: 'down', event: 'down' },
  { condition: 'down', event: null },
  { condition: 'up', event: 'up' },
];
/** What can be kept nowhere is announced at each run, under the same id; only what is still so afterwards ends. */
const BLIND_STEPS: readonly Step[] = [
  { condition: 'up', event: 'first' },
  { condition: 'down', event: 'down' },
  { condition: 'down', event: null },
  { condition: 'down', event: null },
  { condition: 'up', event: 'up' },
];
/** The last step at which the disk may still be spoilt. */
const LAST = 4;

/**
 * Down, up and down again while the state directory is full, read-only or not to be written for other reasons, for each
 * beginning and end of that: all is announced at once, and once, and what the next runs find when there is room again is
 * whole.
 */
export async function diskSweep(options: SweepOptions): Promise<SweepResult> {
  if (!CAN_MOUNT) return skippedSweep(UNMOUNTABLE);
  const points = sampleOf(allPoints(), options.sample);
  const worker = (point: Point) => tryPoint(point, options.program);
  const workers = Array.from({ length: options.parallel ?? 1 }, () => worker);
  return inParallel(points, workers, options.progress);
}

function allPoints(): readonly Point[] {
  const spans = range(0, LAST).flatMap((from) => range(from, LAST).map((to) => ({ from, to })));
  const spoilt = SPOILT_DISKS.flatMap((disk) =>
    // What was never ours to write in is the user's mistake: exit code 77, and nothing is probed.
    spans
      .filter(({ from }) => from > 0 || !MISTAKES.includes(disk.errno))
      .flatMap((span) => [false, true].map((flaky) => ({ steps: STEPS, disk, ...span, flaky }))),
  );
  const nearlyFull = NEARLY_FULL_DISKS.flatMap((disk) =>
    range(0, LAST).map((from) => ({ steps: STEPS, disk, from, to: LAST, flaky: false })),
  );
  const blind = [1, 2].map((from) => ({
    steps: BLIND_STEPS,
    disk: NOTHING_TAKES_A_FILE,
    from,
    to: 2,
    flaky: false,
  }));
  return [...spoilt, ...nearlyFull, ...blind];
}

const MISTAKES = ['EPERM', 'EACCES'];

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function tryPoint(point: Point, program: string | undefined): Promise<SweepResult> {
  const { steps, disk, from, to, flaky } = point;
  const launchers = temporaryDirectory('launcher');
  const lab = createLab({ program: programOn(disk, launchers.path, program), services: ['a', 'b'] });
  const overlay = overlayOn(disk, lab);
  const other: string[] = [];
  disk.open(lab);
  try {
    if (flaky) lab.hook('down', '[ "$PUPTIME_ATTEMPT" != 1 ]');
    for (const [index, step] of steps.entries()) {
      if (index === from) disk.spoil(lab);
      lab.set('a', step.condition);
      other.push(...(await tryStep(lab, index, point)));
      if (index === to) disk.mend(lab);
    }
    const calm = await lab.calm();
    const last = calm.at(-1);
    if (last?.code !== 0) other.push(`a clean run afterwards ended with ${last && tellEnd(last)}`);
    if (existsSync(overlay)) other.push(`${overlay} is still there`);
    return resultOf({
      name: `${disk.name}, from step ${from} to ${to}${flaky ? ', hook fails first' : ''}`,
      evidence: {
        marks: lab.marks(),
        expected: [
          ...steps.flatMap(({ event }) => (event === null ? [] : [{ service: 'a', event }])),
          { service: 'b', event: 'first' },
        ],
        // Each run that can keep nothing announces it again.
        crashes: steps === BLIND_STEPS ? to - from + 1 : 0,
        upAtEnd: ['a', 'b'],
        leftovers: lab.leftovers(),
      },
      other,
    });
  } finally {
    disk.close(lab);
    lab.remove();
    rmSync(overlay, { recursive: true, force: true });
    launchers.remove();
  }
}

/** One run; gives what was wrong with it, one line each. */
async function tryStep(
  lab: Lab,
  index: number,
  { steps, disk, from, to, flaky }: Point,
): Promise<readonly string[]> {
  const isSpoilt = from <= index && index <= to;
  // Retries are due at once.
  if (flaky) ageState([...(isSpoilt ? [] : [lab.state]), overlayOn(disk, lab)], HOURS_3);
  const before = lab.marks().length;
  const ended = await lab.run();
  const news = lab.marks().slice(before);
  const event = steps[index]?.event ?? null;
  const code = isSpoilt && !NEARLY_FULL_DISKS.includes(disk) ? 74 : null;
  const told = ended.stderr.includes(`cannot be written (${disk.errno})`);
  return [
    ...(isBroken(ended) || (code !== null && ended.code !== code) ? [`ended with ${tellEnd(ended)}`] : []),
    ...(code !== null && !told ? [`${disk.errno} is not told of: ${ended.stderr}`] : []),
    // A retry that is not due yet may be before it.
    ...(event !== null && !flaky && !news.some((mark) => mark.service === 'a' && mark.event === event)
      ? [`on_${event} did not run in its run: ${tellEnd(ended)}`]
      : []),
    ...news.flatMap((mark) =>
      code !== null && mark.mark === 'start' && mark.durable
        ? [`on_${mark.event} was said to be durable`]
        : [],
    ),
  ].map((text) => `step ${index}: ${text}`);
}

const HOURS_3 = 3 * 3_600_000;

function overlayOn(disk: Disk, lab: Lab): string {
  const own = overlayOf(lab.state);
  return disk.uid === undefined ? own : own.replace(/state-\d+-/, `state-${String(disk.uid)}-`);
}
