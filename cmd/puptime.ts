import { main } from './main.ts';
import { EXIT } from '../lib/words/problem.ts';
import { processWorld } from './world.ts';

// Stands only if nothing is left that could ever come to an end.
process.exitCode = EXIT.internal;
void main(process.argv.slice(2), processWorld()).then((code) => {
  process.exitCode = code;
});
