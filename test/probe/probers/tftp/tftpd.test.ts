import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { tftp } from '../../../../lib/probe/probers/tftp.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { TFTPD_PROGRAMS, type Tftpd, isRoot, startTftpd } from '../../../servers/tftpd.ts';

const LARGE = Buffer.alloc(100_000, 'puptime ');
const FILES = {
  small: 'hello\n',
  empty: '',
  exact: Buffer.alloc(1428 * 2, 'x'),
  large: LARGE,
  secret: 'no',
  'with space': 'yes',
};
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

async function start(): Promise<Tftpd> {
  const server = await startTftpd(FILES, ['secret']);
  await until('in.tftpd to answer', async () => {
    const target = `tftp://127.0.0.1:${String(server.port)}/small`;
    return (await probeTarget(tftp, target, { timeout_ms: 300 })).status === 'up';
  });
  return server;
}

if (!isRoot)
  describe.skip('a real tftpd-hpa (it must be started by root)', () => test('none', () => undefined));
else
  describeWith(TFTPD_PROGRAMS, 'a real tftpd-hpa', () => {
    let server: Tftpd;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => server.close());
    const probe = (file: string, options = {}, entry: Entry = {}) =>
      probeTarget(tftp, `tftp://127.0.0.1:${String(server.port)}/${file}`, { options, ...entry });

    datagramContract({
      prober: tftp,
      target: (port) => `tftp://127.0.0.1:${String(port)}/small`,
      healthy: async () => ({ port: server.port, close: () => undefined }),
    });

    test('a file: its size, and what it begins with', async () => {
      const result = await probe('small', {}, { keep: ['content'] });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({
        size: 6,
        content: 'hello\n',
        negotiated: true,
        sha256: sha256('hello\n'),
      });
    });

    test.each([
      ['large', LARGE.length],
      ['empty', 0],
      ['exact', 2856],
      ['with%20space', 3],
    ])('the first block of %s is enough for its size', async (file, size) => {
      const result = await probe(file);
      expect([result.status, result.facts['size']], JSON.stringify(result.reasons)).toEqual(['up', size]);
    });

    test.each(['large', 'empty', 'exact'] as const)(
      'the whole of %s, with options and without',
      async (file) => {
        for (const negotiate of [true, false]) {
          const result = await probe(file, { whole: true, negotiate });
          expect(result.status, JSON.stringify(result.reasons)).toBe('up');
          expect(result.facts).toMatchObject({
            size: FILES[file].length,
            sha256: sha256(FILES[file]),
            negotiated: negotiate,
          });
        }
      },
    );

    test('without options the size of a large file is not known from its first block', async () => {
      const result = await probe('large', { negotiate: false });
      expect(result.status).toBe('up');
      expect(result.facts['size'] ?? null).toBeNull();
    });

    test('a file that is not there is status, as is one that may not be read, at once', async () => {
      const gone = await probe('gone');
      expect(verdict(gone)).toEqual(['down', 'status', 'expect', 'error']);
      expect(gone.facts).toMatchObject({ error: 'not_found', error_text: 'File not found' });
      const secret = await probe('secret');
      expect(verdict(secret)).toEqual(['down', 'status', 'expect', 'error']);
      expect(secret.facts).toMatchObject({ error: 'undefined', error_text: 'Permission denied' });
      const expected = await probe('gone', {}, { expect: { error: 'not_found' } });
      expect(expected.status, JSON.stringify(expected.reasons)).toBe('up');
    });

    test('frozen is a timeout; stopped is refused', async () => {
      const own = await start();
      const target = `tftp://127.0.0.1:${String(own.port)}/small`;
      own.signal('SIGSTOP');
      const frozen = await probeTarget(tftp, target, { timeout_ms: 300 });
      expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
      await own.close();
      expect(verdict(await probeTarget(tftp, target))).toEqual(['down', 'refused', 'connect', null]);
    });
  });
