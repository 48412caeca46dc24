import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { modbus } from '../../../../lib/probe/probers/modbus.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { type Device, startDevice } from './device.ts';

const peers: { close(): unknown }[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

const DEVICE: Device = {
  holding: [1, 65_535, 0x4048, 0xf5c3, 0xf5c3, 0x4048, 0, 1, 0x86a0, 0x0001],
  input: [215],
  coil: [true, false],
  discrete: [false, true],
};

async function start(device: Device) {
  const peer = await startDevice(device);
  peers.push(peer);
  return peer;
}
async function probe(device: Device, registers?: JsonObject, path = '', entry: Entry = {}): Promise<Result> {
  const { port } = await start(device);
  const options = registers === undefined ? {} : { registers };
  return probeTarget(modbus, `modbus://127.0.0.1:${String(port)}${path}`, {
    timeout_ms: 3000,
    options,
    ...entry,
  });
}

describe('a device of ours, written from the specification, under the contract', () => {
  proberContract({
    prober: modbus,
    target: (port) => `modbus://127.0.0.1:${String(port)}`,
    entry: { options: { registers: { a: { address: 0 } } } },
    healthy: () => startDevice(DEVICE),
  });
});

describe('a device of ours, written from the specification', () => {
  test('values of every table and form, by name, one request each', async () => {
    const device = await start(DEVICE);
    const registers = {
      plain: { address: 0 },
      signed: { address: 1, as: 'int16' },
      float: { address: 2, as: 'float32' },
      swapped: { address: 4, as: 'float32', swap: true },
      long: { address: 6, as: 'uint32' },
      low: { address: 8, as: 'uint32', swap: true },
      all: { address: 6, as: 'uint64' },
      temperature: { from: 'input', address: 0, scale: 0.1 },
      on: { from: 'coil', address: 0 },
      alarm: { from: 'discrete', address: 0 },
    };
    const result = await probeTarget(modbus, `modbus://127.0.0.1:${String(device.port)}`, {
      options: { registers },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      values: {
        plain: 1,
        signed: -1,
        float: 3.14,
        swapped: 3.14,
        long: 1,
        low: 100_000,
        temperature: 21.5,
        on: true,
        alarm: false,
      },
      refused: [],
    });
    expect(device.requests).toHaveLength(10);
    expect(device.requests[0]?.subarray(2).toString('hex')).toBe('000000060103' + '00000001');
    expect(device.connections()).toBe(1);
  });

  test('an expectation on a value', async () => {
    const registers = { temperature: { from: 'input', address: 0, scale: 0.1 } };
    const cold = await probe(DEVICE, registers, '', {
      expect: { values: { temperature: '< 20' } },
      options: { registers },
    });
    expect(verdict(cold)).toEqual(['down', 'assertion', 'expect', 'values']);
  });

  test('an address that is not there is status, what is there is seen, and it can be allowed', async () => {
    const registers = { a: { address: 0 }, gone: { address: 500 }, bit: { from: 'coil', address: 1 } };
    const result = await probe(DEVICE, registers);
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'exception']);
    expect(result.facts).toMatchObject({
      exception: 'illegal_address',
      refused: ['gone'],
      values: { a: 1, bit: false },
    });
    const allowed = await probe(DEVICE, registers, '', {
      expect: { exception: 'illegal_address' },
      options: { registers },
    });
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
  });

  test.each([
    [4, 'device_failure', 'status'],
    [5, 'acknowledge', 'overloaded'],
    [6, 'busy', 'overloaded'],
    [10, 'gateway_path', 'status'],
    [11, 'gateway_target', 'status'],
    [77, '77', 'status'],
  ])('the exception %i is %s, %s, with registers or without', async (exception, name, code) => {
    for (const registers of [undefined, { a: { address: 0 } }]) {
      const result = await probe({ ...DEVICE, exception }, registers);
      expect([...verdict(result), result.facts['exception']]).toEqual([
        'down',
        code,
        'expect',
        'exception',
        name,
      ]);
    }
  });

  test('without registers: who it is, or that it does not know the question', async () => {
    const known = await probe({ identity: ['Example', 'PLC 7', 'v1.2'] });
    expect(known.status, JSON.stringify(known.reasons)).toBe('up');
    expect(known.facts).toMatchObject({ vendor: 'Example', product: 'PLC 7', revision: 'v1.2' });
    const unknown = await probe({});
    expect(unknown.status, JSON.stringify(unknown.reasons)).toBe('up');
    expect(unknown.facts).not.toHaveProperty('exception');
  });

  test('the unit in the path is asked', async () => {
    expect((await probe({ unit: 17 }, undefined, '/17')).status).toBe('up');
    const other = await probe({ unit: 17 }, undefined, '/18');
    expect([...verdict(other), other.facts['exception']]).toEqual([
      'down',
      'status',
      'expect',
      'exception',
      'gateway_target',
    ]);
  });

  test.each([
    ['another transaction', (answer: Buffer) => Buffer.concat([Buffer.from([0, 1]), answer.subarray(2)])],
    [
      'another protocol',
      (answer: Buffer) => Buffer.concat([answer.subarray(0, 2), Buffer.from([1, 1]), answer.subarray(4)]),
    ],
    [
      'an endless length',
      (answer: Buffer) => Buffer.concat([answer.subarray(0, 4), Buffer.from([255, 255]), answer.subarray(6)]),
    ],
    [
      'another function',
      (answer: Buffer) => Buffer.concat([answer.subarray(0, 7), Buffer.from([6]), answer.subarray(8)]),
    ],
    [
      'too many bytes',
      (answer: Buffer) => Buffer.concat([answer.subarray(0, 4), Buffer.from([0, 7, 1, 3, 4, 0, 1, 0, 2])]),
    ],
  ])('%s is protocol, at once', async (_, spoil) => {
    const result = await probe({ ...DEVICE, spoil }, { a: { address: 0 } });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.duration_ms).toBeLessThan(2500);
  });
});

describe('modbus: mistakes in the config', () => {
  test.each([
    ['modbus://h/256', {}, 'expected a number from 0 to 255'],
    ['modbus://h/x', {}, 'expected a number from 0 to 255'],
    ['modbus://h', { a: { address: 65_535, as: 'uint32' } }, 'behind 65535'],
    ['modbus://h', { a: { from: 'coil', address: 1, scale: 2 } }, 'a bit is true or false'],
  ])('%s %j', (target, registers, text) => {
    expect(() => jobFor(modbus, target, { options: { registers } })).toThrow(text);
  });

  test('references are no mistakes', () => {
    expect(() => jobFor(modbus, 'modbus://h/placeholder')).not.toThrow();
  });
});
