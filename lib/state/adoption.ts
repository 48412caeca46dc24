import { readdirSync, readFileSync } from 'node:fs';
import { createGroup, errnoOf, removeIfThere } from './durable-file.ts';
import { parseQueueName } from './queue-entry.ts';
import { QUEUE, type State } from './state-directory.ts';

/**
 * Takes over from the overlay what belongs to the holder of a lock, now that the state directory can be written again:
 * `transitions` for the holder of the probe lock, after its snapshot (which knows them all) is there; `arrivals`, events
 * from elsewhere, for the holder of the delivery lock. Nothing is taken away there before it is on disk here. Returns the
 * errno that says that it cannot be written after all.
 */
export function adopt(state: State, which: 'transitions' | 'arrivals'): Error | null {
  const overlay = state.overlay.found();
  if (overlay === null || state.missing !== null) return null;
  try {
    const names = namesOf(`${overlay}/${QUEUE}`, which);
    const files = names.map((name) => ({ name, data: readFileSync(`${overlay}/${QUEUE}/${name}`, 'utf8') }));
    const failed =
      files.length === 0 ? new Map<string, Error>() : createGroup(`${state.dir}/${QUEUE}`, files);
    for (const name of names) if (!failed.has(name)) removeIfThere(`${overlay}/${QUEUE}/${name}`);
    const [error = null] = failed.values();
    if (error !== null) return error;
    if (which === 'transitions') removeIfThere(`${overlay}/memory.ndjson`);
    state.overlay.discard();
    return null;
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    return error;
  }
}

function namesOf(directory: string, which: 'transitions' | 'arrivals'): readonly string[] {
  return readdirSync(directory).filter((name) => {
    const parts = parseQueueName(name);
    return parts !== null && parts.received === (which === 'arrivals');
  });
}
