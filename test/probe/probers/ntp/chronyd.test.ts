import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ntp } from '../../../../lib/probe/probers/ntp.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type Entry, type TestWorld, probeTarget } from '../../../contract/probe-target.ts';
import { CHRONYD_PROGRAMS, type Chronyd, KEYS, isRoot, startChronyd } from '../../../servers/chronyd.ts';
import { describeWith, until } from '../../../servers/daemon.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const at = ({ port }: Chronyd, userinfo = '') => `ntp://${userinfo}127.0.0.1:${String(port)}`;
const answers = async (server: Chronyd) =>
  until('chronyd to answer', async () => {
    const { reason } = await probeTarget(ntp, at(server), { timeout_ms: 300 });
    return reason === null || reason.fact !== null;
  });

if (!isRoot)
  describe.skip('a real chronyd (it must be started by root)', () => test('none', () => undefined));
else
  describeWith(CHRONYD_PROGRAMS, 'a real chronyd', () => {
    let [server, unset]: (Chronyd | null)[] = [];
    const running = (): Chronyd => {
      if (!server) throw new Error('not started');
      return server;
    };
    beforeAll(async () => {
      server = await startChronyd(['local stratum 8', 'allow 127.0.0.1']);
      unset = await startChronyd(['allow 127.0.0.1']);
      await answers(server);
      await answers(unset);
    });
    afterAll(async () => {
      await server?.close();
      await unset?.close();
    });
    const probe = (userinfo = '', options = {}, entry: Entry = {}, world: TestWorld = {}) =>
      probeTarget(ntp, at(running(), userinfo), { options, ...entry }, world);

    datagramContract({
      prober: ntp,
      target: (port) => `ntp://127.0.0.1:${String(port)}`,
      healthy: async () => ({ port: running().port, close: () => undefined }),
    });

    test('its facts: its clock is ours', async () => {
      const result = await probe();
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({
        synchronized: true,
        stratum: 8,
        leap: 'none',
        refid: '127.127.1.1',
        version: 4,
        root_delay_ms: 0,
      });
      expect(Math.abs(result.facts['offset_ms'] as number)).toBeLessThan(500);
      expect(result.facts['delay_ms']).toBeGreaterThanOrEqual(0);
      expect(result.facts['delay_ms']).toBeLessThan(1000);
      expect(result.facts['precision_ms']).toBeLessThan(1);
      expect(result.facts).not.toHaveProperty('kiss');
    });

    test.each([
      [-5000, 5000],
      [3_600_000, -3_600_000],
    ])('a clock of ours that is off by %i ms is degraded, and told', async (off, offset) => {
      const result = await probe('', {}, {}, { now: () => Date.now() + off });
      expect(verdict(result)).toEqual(['degraded', 'mismatch', 'expect', 'offset_ms']);
      expect(Math.abs((result.facts['offset_ms'] as number) - offset)).toBeLessThan(500);
    });

    test('a clock of ours that is set while it waits still has the right round trip', async () => {
      let [reads, base] = [0, Date.now()];
      const jumping = () => {
        reads += 1;
        if (reads > 1) base = Date.now() + 86_400_000;
        return reads === 1 ? base : base;
      };
      const result = await probe('', {}, {}, { now: jumping });
      expect(result.facts['delay_ms']).toBeLessThan(1000);
    });

    test('not synchronized is status, and can be allowed', async () => {
      if (!unset) throw new Error('not started');
      const result = await probeTarget(ntp, at(unset));
      expect(verdict(result)).toEqual(['down', 'status', 'expect', 'synchronized']);
      expect(result.facts).toMatchObject({ leap: 'unsynchronized', synchronized: false });
      expect(result.facts).not.toHaveProperty('offset_ms');
      const allowed = await probeTarget(ntp, at(unset), { expect: { synchronized: false } });
      expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    });

    test.each(Object.entries(KEYS))('signed with key %s', async (id, [type, secret]) => {
      const key_type = type.toLowerCase();
      const result = await probe(`${id}:${encodeURIComponent(secret)}@`, { key_type });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    });

    test('a wrong key, and one that it does not have', async () => {
      for (const userinfo of ['1:wrong@', '77:wrong@']) {
        const result = await probe(userinfo, {}, { timeout_ms: 400 });
        expect(result.status).toBe('down');
        expect(['auth', 'timeout'], result.reason?.text).toContain(result.reason?.code);
      }
    });

    test('frozen is a timeout; stopped is refused; one that does not serve this host says nothing', async () => {
      const own = await startChronyd(['local stratum 8', 'allow 127.0.0.1']);
      await answers(own);
      own.signal('SIGSTOP');
      const frozen = await probeTarget(ntp, at(own), { timeout_ms: 300 });
      expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
      await own.close();
      expect(verdict(await probeTarget(ntp, at(own)))).toEqual(['down', 'refused', 'connect', null]);
    });
  });
