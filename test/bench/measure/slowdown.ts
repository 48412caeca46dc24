import { median, processorTime } from './processor-time.ts';

/** What bare node takes on a machine of today that does nothing else. */
const IDLE_MS = 40;

/** How many times as long as on an idle machine programs take here and now; at least 1. */
export async function slowdown(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly processor: number; readonly wall: number }> {
  const processor: number[] = [];
  const wall: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    processor.push(await processorTime([process.execPath, '-e', '0'], env));
    wall.push(performance.now() - began);
  }
  const [ownProcessor, ownWall] = [processor, wall].map((times) => Math.max(1, median(times) / IDLE_MS));
  return { processor: ownProcessor ?? 1, wall: ownWall ?? 1 };
}
