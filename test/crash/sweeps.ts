import type { Sweep } from './sweep.ts';

/** Every sweep of `make crash`, by name, in order. */
export const SWEEPS: Readonly<Record<string, Sweep>> = {};
