import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseYaml } from '../../lib/config/yaml.ts';
import { openEditor, type Editor } from './editor.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'test/fixtures/config');
const ajv = new Ajv2020({ strict: false, logger: false });
const takes = ajv.compile(
  JSON.parse(readFileSync(join(ROOT, 'schema/config.schema.json'), 'utf8')) as object,
);

const SOUND = `
defaults: {interval: 1m, timeout: 10s, retries: 1, slow: 2s}
hooks: {dir: ./hooks, timeout: 30s, env: [SLACK_WEBHOOK_URL]}
x-web: {group: web}
per_host: 8
canaries: [ping://192.0.2.1, {target: "dns://9.9.9.9/example.org", timeout: 2s}]
maintenance: {from: 2026-12-24, to: 2026-12-27}
services:
  - https://example.org
  - name: website
    target: https://example.org/health
    expect: {status: 200, body: ok, json: {$.database: up}, cert_days: ">= 3"}
    prefer: {cert_days: ">= 21"}
    slow: 800ms
  - name: cache
    target: redis://:\${CACHE_PASSWORD}@cache:6379/0
    retries: "\${RETRIES}"
  - name: ns1
    target: dns://ns1.example.org/example.org?type=MX
    expect: {answers: {equals: ["10 mx1.example.org", "20 mx2.example.org"]}}
    watch: answers
  - name: raid
    command: [/usr/lib/nagios/plugins/check_raid]
    parse: nagios
  - name: shop
    matrix: {region: [eu, us]}
    target: https://\${matrix.region}.shop.example.org/
    hooks: none
    depends_on: {any: [website, ns1]}
    maintenance: [{cron: "0 3 * * 0", for: 2h, tz: Europe/Oslo}]
    down_after: 3/5
    remind: {every: 30m, factor: 2, max: 8h}
    flapping: {high: 50, low: 25}
    interval: 5m
    jitter: 5m
    run_if: [test, -e, /run/primary]
  - name: page
    target: https://example.org/
    depends_on: website
    slow: {total: 2s, first_byte: 500ms}
    remind: none
    watch: body
    filter: [{drop: "^#"}, {command: [sort]}]
`;

describe('the schema of the config', () => {
  it('takes a sound one', () => {
    takes(parseYaml(SOUND).value);
    expect(takes.errors).toBeNull();
  });
  it.each([
    'bad-duration',
    'both-target-and-command',
    'canaries-no-list',
    'maintenance-malformed',
    'per-host-wrong',
    'remind-wrong',
    'run-if-wrong',
    'slow-wrong',
    'command-as-text',
    'defaults-unknown-key',
    'empty-value',
    'expectation-on-unknown-fact',
    'hook-unknown',
    'hooks-section',
    'ip-wrong',
    'keep-and-watch-unknown',
    'later-keys',
    'list-instead-of-map',
    'matcher-unknown',
    'matrix-not-lists',
    'missing-name',
    'missing-target',
    'negative-count',
    'option-of-another-prober',
    'services-no-list',
    'tls-wrong',
    'unknown-key',
    'unknown-top-key',
    'unknown-scheme',
    'wrong-type',
  ])('refuses %s', (name) => {
    const { value, problems } = parseYaml(readFileSync(join(FIXTURES, `${name}.yaml`), 'utf8'));
    expect(problems).toEqual([]);
    expect(takes(value)).toBe(false);
  });
});

describe('in an editor', { timeout: 60_000 }, () => {
  let editor: Editor;
  beforeAll(async () => {
    editor = await openEditor();
  }, 60_000);
  afterAll(() => editor.close());

  it('a sound config has nothing underlined', async () => {
    expect(await editor.diagnose(SOUND)).toEqual([]);
  });
  it('a misspelt key is underlined where it stands', async () => {
    const found = await editor.diagnose(
      'services:\n  - name: a\n    target: https://example.org\n    tiemout: 10s\n',
    );
    expect(found.map(({ range }) => range.start.line)).toContain(3);
    expect(found.map(({ message }) => message).join()).toContain('tiemout');
  });
  it('keys are offered, those of the target’s prober among them', async () => {
    const offered = await editor.complete(
      'services:\n  - name: a\n    target: https://example.org\n    \n',
      3,
      4,
    );
    expect(offered).toEqual(expect.arrayContaining(['expect', 'timeout', 'method', 'redirects']));
  });
  it('the facts of the target’s prober are offered for its expectations', async () => {
    const offered = await editor.complete(
      'services:\n  - name: a\n    target: redis://h\n    expect:\n      \n',
      4,
      6,
    );
    expect(offered).toEqual(expect.arrayContaining(['role', 'lag_s']));
    expect(offered).not.toContain('body');
  });
});
