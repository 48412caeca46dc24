import { main } from './main.ts';
import { processWorld } from './world.ts';

process.exitCode = await main(process.argv.slice(2), processWorld());
