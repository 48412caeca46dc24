import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/puptime.js');
/** Each costs milliseconds to load, and none is needed to find that nothing is to be done. */
const HEAVY =
  /^NativeModule (tls|_tls_wrap|http|_http_client|https|http2|dns|readline|zlib|internal\/crypto\/webcrypto)$/;

const folder = mkdtempSync(path.join(tmpdir(), 'puptime-start-'));
const server = createServer((socket) => socket.end());
const spy = path.join(folder, 'spy.mjs');
const config = path.join(folder, 'puptime.yaml');
const execute = promisify(execFile);

interface Loaded {
  /** third-party packages of which a bundled module was loaded */
  readonly packages: readonly string[];
  readonly builtins: readonly string[];
  readonly bytes: number;
}

/** Runs the built program and tells what it loaded: node reports every script that it compiled. */
async function loadedBy(...args: string[]): Promise<Loaded> {
  const coverage = mkdtempSync(path.join(folder, 'coverage-'));
  const list = path.join(coverage, 'builtins');
  const env = { PATH: process.env.PATH, HOME: folder, NODE_V8_COVERAGE: coverage, SPY_FILE: list };
  await execute(process.execPath, ['--import', pathToFileURL(spy).href, PROGRAM, ...args], { env });
  const report = readdirSync(coverage).find((name) => name.endsWith('.json'));
  const { result } = JSON.parse(readFileSync(path.join(coverage, report!), 'utf8')) as {
    result: { url: string }[];
  };
  const scripts = result
    .map(({ url }) => url)
    .filter((url) => url.startsWith('file:') && !url.endsWith('/spy.mjs'));
  const texts = scripts.map((url) => readFileSync(fileURLToPath(url), 'utf8'));
  const markers = texts.flatMap((text) => [
    ...text.matchAll(/^\/\/ .*?node_modules\/((?:@[^/]+\/)?[^/]+)/gm),
  ]);
  return {
    packages: [...new Set(markers.map(([, name]) => name!))],
    builtins: readFileSync(list, 'utf8').split('\n'),
    bytes: texts.join('').length,
  };
}

function runNothingDue(): Promise<Loaded> {
  return loadedBy('run', '-c', config, '--state', path.join(folder, 'state'));
}

beforeAll(async () => {
  if (!existsSync(PROGRAM)) throw new Error('dist/puptime.js is missing: run make first');
  writeFileSync(
    spy,
    `import { writeFileSync } from 'node:fs';
     process.on('exit', () => writeFileSync(process.env.SPY_FILE, process.moduleLoadList.join('\\n')));`,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    config,
    `defaults: {interval: 1h}\nservices:\n  - {name: x, target: tcp://127.0.0.1:${port}}\n`,
    { mode: 0o600 },
  );
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('starting stays cheap', () => {
  test('--version loads no package and nothing heavy of node', async () => {
    const { packages, builtins, bytes } = await loadedBy('--version');
    expect(packages).toEqual([]);
    expect(builtins.filter((name) => HEAVY.test(name))).toEqual([]);
    expect(bytes).toBeLessThan(30_000);
  });

  test('a run with nothing due and a warm cache loads no package and nothing heavy of node', async () => {
    const first = await runNothingDue();
    expect(first.packages).toContain('re2js');
    const { packages, builtins, bytes } = await runNothingDue();
    expect(packages).toEqual([]);
    expect(builtins.filter((name) => HEAVY.test(name))).toEqual([]);
    expect(bytes).toBeLessThan(200_000);
  });
});
