// All checks, one after the other, each told in a line; the last line counts them: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

// it slows every start of node, and node starts a thousand times here
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

const tally = { passed: 0, failed: 0, skipped: 0 };
await check('schema is fresh', schemaIsFresh);
await check('build', () => run('make', ['--no-print-directory', 'build']));
// two cores: two at a time
await Promise.all([
  (async () => {
    await check('types', () => tool('tsc', '--noEmit'));
    await check('unused code', () => tool('knip', '--no-progress'));
    await check('shell', shell);
  })(),
  (async () => {
    await check('linter and import fences', () => tool('eslint', '--max-warnings=0', '.'));
    await check('format', () => tool('prettier', '--check', '--log-level=warn', '.'));
  })(),
]);
await tests();
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed > 0 ? 1 : 0;

/** `body` gives { code, output, skip }; what failed shows its output. */
async function check(name, body) {
  const start = performance.now();
  const { code, output, skip = false } = await body();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const verdict = skip ? 'skipped' : code === 0 ? 'passed' : 'failed';
  console.log(`${verdict.padEnd(7)} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output);
  tally[verdict] += 1;
}

async function schemaIsFresh() {
  if (!existsSync('schema/generate.ts')) return { code: 1, output: 'schema/generate.ts is missing' };
  const before = await schemas();
  const { code, output } = await tool('tsx', 'schema/generate.ts');
  const after = await schemas();
  const stale = Object.keys(after).filter((file) => before[file] !== after[file]);
  if (code !== 0 || stale.length === 0) return { code, output };
  return { code: 1, output: `stale, now made anew: ${stale.join(', ')}; commit them` };
}

async function schemas() {
  const files = (await readdir('schema')).filter((file) => file.endsWith('.json')).sort();
  const entries = files.map(async (file) => [file, await readFile(path.join('schema', file), 'utf8')]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Every shell script in the repository, found by its first line. */
async function shell() {
  const { output } = await run('grep', ['-rlsE', '^#!.*\\b(ba|da)?sh\\b', '.ci', 'hooks.example', 'test']);
  const scripts = output.split('\n').filter((file) => file !== '' && !/\.(ts|js|md)$/.test(file));
  const result = await run('shellcheck', scripts);
  const skip = result.code === null && process.env.PUPTIME_REQUIRE_DAEMONS !== '1';
  return skip ? { ...result, skip } : result;
}

/** The tests count one by one; a file that does not load and an error outside of any test count as one failure each. */
async function tests() {
  const folder = await mkdtemp(path.join(tmpdir(), 'puptime-check-'));
  const report = path.join(folder, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run('node_modules/.bin/vitest', args, 'inherit');
  const results = existsSync(report) ? JSON.parse(await readFile(report, 'utf8')) : { testResults: [] };
  await rm(folder, { recursive: true });
  const unloaded = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = (results.numFailedTests ?? 0) + unloaded.length;
  tally.passed += results.numPassedTests ?? 0;
  tally.skipped += (results.numPendingTests ?? 0) + (results.numTodoTests ?? 0);
  tally.failed += code !== 0 && failed === 0 ? 1 : failed;
}

function tool(name, ...args) {
  return run(path.join('node_modules/.bin', name), args);
}

/** Resolves to the exit code (null: could not be started) and everything that was printed. */
function run(program, args, output = 'pipe') {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', output, output] });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code, signal) => {
      const text = Buffer.concat(chunks).toString();
      resolve({ code: code ?? 1, output: signal === null ? text : `${text}\nended by ${signal}` });
    });
  });
}
