import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../lib/config/check-config.ts';
import { instantiate } from '../../lib/config/instantiate.ts';
import { servicesOfTargets } from '../../lib/config/bare-targets.ts';
import type { Job } from '../../lib/probe/job.ts';
import { UserError } from '../../lib/words/problem.ts';
import type { Service } from '../../lib/words/service.ts';

async function serviceOf(entry: object): Promise<Service> {
  const source = {
    file: '/etc/puptime/x.yaml',
    text: JSON.stringify({ services: [{ name: 'a', ...entry }] }),
  };
  const checked = await checkConfig([source], { cwd: '/', env: {} });
  if (!checked.ok) throw new Error(checked.problems.map(({ path, text }) => `${path}: ${text}`).join('\n'));
  return checked.value.config.services[0]!;
}

async function jobOf(entry: object, env: Record<string, string> = {}): Promise<Job> {
  return instantiate(await serviceOf(entry), { env });
}

async function refusal(entry: object, env: Record<string, string> = {}): Promise<string> {
  const error: unknown = await jobOf(entry, env).catch((caught: unknown) => caught);
  if (!(error instanceof UserError)) throw new Error(`expected a UserError, got ${String(error)}`);
  expect(error.exitCode).toBe(78);
  return error.message;
}

describe('a job', () => {
  it('has its references put in and shows none of their values', async () => {
    const env = { PW: 'p@ss/w?rd', CONTACT: 'ann@example.org', PORT: '6390' };
    const entry = {
      target: 'redis://:${PW}@cache:${PORT}/0',
      vars: { contact: '${CONTACT}', plain: '${plain:CONTACT}' },
    };
    const job = await jobOf(entry, env);
    expect(job.target).toBe('redis://:***@cache:6390/0');
    expect(job.probe.endpoint).toEqual({ host: 'cache', port: 6390 });
    expect(job.about.vars).toEqual({ contact: 'ann@example.org', plain: 'ann@example.org' });
    expect(job.redact(`said p@ss/w?rd to ${encodeURIComponent('p@ss/w?rd')}`)).toBe('said *** to ***');
  });
  it('hides a literal password of its target too', async () => {
    const job = await jobOf({ target: 'redis://:hunter22@cache' });
    expect(job.target).toBe('redis://:***@cache');
    expect(job.redact({ text: 'hunter22' })).toEqual({ text: '***' });
  });
  it('expects what its prober expects, fact by fact unless the very fact is named', async () => {
    const facts = async (entry: object) => {
      const { expect: expected, prefer } = await jobOf({ target: 'https://h', ...entry });
      return [expected, prefer].map((checks) => checks.map(({ fact, expected: wanted }) => [fact, wanted]));
    };
    const range = { min: 200, max: 299 };
    expect(await facts({})).toEqual([[['status', range]], [['cert_days', '>= 14']]]);
    expect(await facts({ expect: { body: 'ok' } })).toEqual([
      [
        ['status', range],
        ['body', 'ok'],
      ],
      [['cert_days', '>= 14']],
    ]);
    expect(await facts({ expect: { status: 404 }, prefer: { cert_days: '>= 3' } })).toEqual([
      [['status', 404]],
      [['cert_days', '>= 3']],
    ]);
  });
  it('takes numbers and flags from references where they are wanted', async () => {
    const env = { STATUS: '503', REDIRECTS: '0' };
    const job = await jobOf(
      { target: 'http://h', redirects: '${REDIRECTS}', expect: { status: '${STATUS}' } },
      env,
    );
    expect(job.expect[0]?.matcher.holds(503)).toBe(true);
    expect(job.expect[0]?.matcher.holds(200)).toBe(false);
  });
});

describe('what cannot be put in stops the probe with one line', () => {
  it('that names every reference without a value', async () => {
    expect(await refusal({ target: 'redis://:${PW}@${HOST}:${PORT}', vars: { a: '${A}' } })).toBe(
      'service a: ${A} is not set: export A, or write ${env:A:-default}; ' +
        '${PW} is not set: export PW, or write ${env:PW:-default}; ' +
        '${HOST} is not set: export HOST, or write ${env:HOST:-default}; ' +
        '${PORT} is not set: export PORT, or write ${env:PORT:-default}',
    );
  });
  it('also those that were needed earlier', async () => {
    expect(await refusal({ target: 'tcp://h:1', timeout: '${T}' })).toContain('${T} is not set');
  });
  it.each<[string, object, Record<string, string>, RegExp]>([
    [
      'a port',
      { target: 'tcp://h:${P}' },
      { P: 'secret-port' },
      /^service a: target: saw a port that is no number/,
    ],
    [
      'a host',
      { target: 'tcp://${H}:1' },
      { H: 'secret/host' },
      /^service a: target: saw a character in the host/,
    ],
    [
      'a number',
      { target: 'http://h', redirects: '${R}' },
      { R: 'secret-number' },
      /^service a: redirects: saw a value that is no/,
    ],
    [
      'out of range',
      { target: 'http://h', redirects: '${R}' },
      { R: '123456789' },
      /^service a: redirects: saw (?!.*123456789)/,
    ],
    [
      'a pattern',
      { target: 'http://h', expect: { body: { matches: '${RE}' } } },
      { RE: 'secret-(' },
      /^service a: expect\.body\.matches: .*\*\*\*/,
    ],
  ])('that does not repeat it: %s', async (_, entry, env, message) => {
    const text = await refusal(entry, env);
    expect(text).toMatch(message);
    for (const value of Object.values(env)) expect(text).not.toContain(value);
  });
});

describe('bare URLs', () => {
  it('are services by themselves, a dollar in them a dollar', async () => {
    const checked = await servicesOfTargets(['redis://:${X}$$@h:1', 'https://h/a', 'https://h/b'], '/');
    if (!checked.ok) throw new Error('expected services');
    expect(checked.value.map(({ name }) => name)).toEqual(['h:1', 'h', 'h-2']);
    const job = await instantiate(checked.value[0]!, { env: {} });
    expect(job.redact('${X}$$')).toBe('***');
  });
  it('that are none are told', async () => {
    const checked = await servicesOfTargets(['htps://h'], '/');
    expect(checked).toMatchObject({ ok: false, problems: [{ file: 'command line' }] });
  });
});

describe('programs beside the probe', () => {
  const entry = {
    target: 'https://example.org',
    watch: 'title',
    run_if: ['test', '-n', '${TOKEN}'],
    filter: [{ command: ['x', '${TOKEN}'] }, { drop: '${PATTERN}' }, { drop: 'plain$' }],
  };

  it('have their references put in, and hide them', async () => {
    const job = await jobOf(entry, { TOKEN: 'verysecret', PATTERN: '^a' });
    expect(job.run_if).toEqual(['test', '-n', 'verysecret']);
    expect(job.filter).toEqual([{ command: ['x', 'verysecret'] }, { drop: '^a' }, { drop: 'plain$' }]);
    expect(job.redact('it is verysecret')).toBe('it is ***');
  });

  it('name what is missing, and a pattern that does not compile once it is put in', async () => {
    expect(await refusal(entry, { PATTERN: 'x' })).toContain('${TOKEN} is not set');
    expect(await refusal(entry, { TOKEN: 'x', PATTERN: '[' })).toContain(
      'filter[1].drop: the pattern does not compile',
    );
  });
});
