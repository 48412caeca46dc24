// Run as an ordinary user: `tsx unkillable-program.ts PROGRAM ARGUMENT…` runs a program that this user cannot kill, for
// 100 ms, and prints how that ended.
import { runProgram } from '../../lib/process/program.ts';

const [file = '', ...args] = process.argv.slice(2);
const limits = { limit_ms: 100, grace_ms: 100, maxOutput: 1000, endGroup: true };
const began = performance.now();
const outcome = await runProgram({ file, args, env: { PATH: '/usr/bin:/bin' }, ...limits });
const took_ms = performance.now() - began;
const text = outcome.kind === 'ended' ? { endedBy: outcome.endedBy, exitCode: outcome.exitCode } : outcome;
process.stdout.write(`${JSON.stringify({ ...text, took_ms })}\n`);
