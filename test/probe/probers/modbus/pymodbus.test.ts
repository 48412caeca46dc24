import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { modbus } from '../../../../lib/probe/probers/modbus.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { PYMODBUS_PROGRAMS, type Pymodbus, startPymodbus } from '../../../servers/pymodbus.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(PYMODBUS_PROGRAMS, 'a real server of pymodbus', () => {
  let server: Pymodbus;
  beforeAll(async () => {
    server = await startPymodbus();
  }, 40_000);
  afterAll(async () => server.close());
  const probe = (path: string, options = {}, entry: Entry = {}) =>
    probeTarget(modbus, `modbus://127.0.0.1:${String(server.port)}${path}`, { options, ...entry });

  proberContract({
    prober: modbus,
    target: (port) => `modbus://127.0.0.1:${String(port)}/7`,
    healthy: async () => ({ port: server.port, close: () => undefined }),
  });

  test('who it is', async () => {
    const result = await probe('/7');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ vendor: 'Example', product: 'PLC 7', revision: 'v1.2' });
  });

  test('values of every table', async () => {
    const registers = {
      plain: { address: 0 },
      signed: { address: 1, as: 'int16' },
      float: { address: 2, as: 'float32' },
      temperature: { from: 'input', address: 0, scale: 0.1 },
      on: { from: 'coil', address: 0 },
      alarm: { from: 'discrete', address: 1 },
    };
    const result = await probe(
      '/7',
      { registers },
      { expect: { values: { temperature: '< 30', alarm: true } } },
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['values']).toEqual({
      plain: 1,
      signed: -1,
      float: 3.14,
      temperature: 21.5,
      on: true,
      alarm: true,
    });
  });

  test('an address that is not there is status, at once', async () => {
    const gone = await probe('/7', { registers: { gone: { address: 500 }, plain: { address: 0 } } });
    expect(verdict(gone)).toEqual(['down', 'status', 'expect', 'exception']);
    expect(gone.facts).toMatchObject({
      exception: 'illegal_address',
      refused: ['gone'],
      values: { plain: 1 },
    });
  });

  test('a unit that is not there is silence here, whose text says so', async () => {
    const elsewhere = await probe('/8', {}, { timeout_ms: 400 });
    expect(verdict(elsewhere)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(elsewhere.reason?.text).toContain('unit 8 may not be there');
  });

  test('frozen is a timeout', async () => {
    server.signal('SIGSTOP');
    try {
      expect(verdict(await probe('/7', {}, { timeout_ms: 400 }))).toEqual([
        'down',
        'timeout',
        'protocol',
        null,
      ]);
    } finally {
      server.signal('SIGCONT');
    }
  });
});
