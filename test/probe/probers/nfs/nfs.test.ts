import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { nfs } from '../../../../lib/probe/probers/nfs.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';

// A peer of ours, written from RFC 5531: a real server wants its host’s own port mapper, or the kernel.
const words = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
};
const record = (body: Buffer) => Buffer.concat([words(0x80000000 + body.length), body]);
/** xid, reply, accepted, a verifier of no kind, then the outcome */
const accepted = (xid: number, ...outcome: readonly number[]) => record(words(xid, 1, 0, 0, 0, ...outcome));

interface Call {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
}

function serving(answer: (call: Call) => Buffer) {
  return (socket: Socket) => {
    let heard = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      for (; heard.length >= 44; heard = heard.subarray(44)) {
        const [, xid = 0, , , program = 0, version = 0, procedure = 0] = Array.from(
          { length: 7 },
          (_, index) => heard.readUInt32BE(4 * index),
        );
        socket.write(answer({ xid, program, version, procedure }));
      }
    });
  };
}
const versions = (min: number, max: number) => (call: Call) => {
  if (call.program !== 100_003) return accepted(call.xid, 1);
  if (call.procedure !== 0) return accepted(call.xid, 3);
  return call.version < min || call.version > max ? accepted(call.xid, 2, min, max) : accepted(call.xid, 0);
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const at = (port: number) => `nfs://127.0.0.1:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
async function probe(answer: (call: Call) => Buffer, entry: Entry = {}) {
  const server = await listen(serving(answer));
  closers.push(() => server.close());
  return probeTarget(nfs, at(server.port), entry);
}

proberContract({ prober: nfs, target: at, healthy: () => listen(serving(versions(3, 4))), half: 10 });

describe('nfs: a peer of ours', () => {
  test('version 4 answers', async () => {
    const result = await probe(versions(3, 4));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({ version: 4 });
  });

  test('one that has only older versions is asked in the newest of them', async () => {
    const result = await probe(versions(2, 3));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({ version: 3, version_min: 2, version_max: 3 });
  });

  test('one that lacks the version that is wanted is down', async () => {
    const result = await probe(versions(4, 4), { options: { version: 3 } });
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'refusal']);
    expect(result.facts).toMatchObject({ refusal: 'version', version_min: 4, version_max: 4 });
    expect((await probe(versions(2, 3), { options: { version: 3 } })).facts).toEqual({ version: 3 });
  });

  test('a verifier of its own is passed over', async () => {
    const result = await probe(({ xid }) =>
      record(Buffer.concat([words(xid, 1, 0, 6, 5), Buffer.alloc(8), words(0)])),
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['another program', 1, 'no_nfs'],
    ['no sense in the call', 4, 'garbage_args'],
    ['trouble of its own', 5, 'system_error'],
  ])('%s is status', async (_, outcome, refusal) => {
    const result = await probe(({ xid }) => accepted(xid, outcome));
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'refusal']);
    expect(result.facts).toEqual({ refusal });
  });

  test('one that denies the call is auth', async () => {
    expect(verdict(await probe(({ xid }) => record(words(xid, 1, 1, 1, 5))))).toEqual([
      'down',
      'auth',
      'expect',
      'refusal',
    ]);
  });

  test.each([
    ['for another call', (call: Call) => accepted(call.xid + 1, 0)],
    ['that is a call itself', ({ xid }: Call) => record(words(xid, 0, 0, 0, 0, 0))],
    ['that is cut short', ({ xid }: Call) => record(words(xid, 1))],
    ['of an unknown outcome', ({ xid }: Call) => accepted(xid, 77)],
    ['with a verifier beyond all bounds', ({ xid }: Call) => record(words(xid, 1, 0, 0, 4000, 0))],
    ['without end', () => words(0x80000000 + 100_000, 1)],
  ])('an answer %s is protocol', async (_, answer) => {
    expect(verdict(await probe(answer))).toEqual(['down', 'protocol', 'protocol', null]);
  });
});
