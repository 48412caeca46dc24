import { describe, expect, test } from 'vitest';
import { parseFping } from '../../../../lib/probe/probers/ping/fping.ts';
import { parsePing } from '../../../../lib/probe/probers/ping/iputils-ping.ts';
import { processorTime } from '../../../contract/processor-time.ts';

const rtt = (min: number, avg: number, max: number) => ({ min, avg, max });
const echoes = (sent: number, received: number, rest: object = {}) => ({
  ...{ sent, received, rtt: null, unreachable: null, trouble: null },
  ...rest,
});

describe('what fping 5.1 prints', () => {
  const stdout = [
    '192.0.2.1   : [0], 64 bytes, 0.088 ms (0.088 avg, 0% loss)',
    '192.0.2.1   : duplicate for [0], 64 bytes, 0.10 ms',
    '2001:db8::1 : [0], timed out (NaN avg, 100% loss)',
    '192.0.2.9   : [0], timed out (NaN avg, 100% loss)',
  ].join('\n');
  const stderr = [
    'ICMP Host Unreachable from 192.0.2.254 for ICMP Echo sent to 192.0.2.9',
    'ICMP Redirect Host from 192.0.2.254 for ICMP Echo sent to 192.0.2.1',
    '',
    '192.0.2.1   : 0.1 - 0.3',
    '2001:db8::1 : - - -',
    '192.0.2.8   : - - -',
    '192.0.2.9   : - - -',
    '198.51.100.1 : 0.1 0.1 0.1',
  ].join('\n');

  test('is told apart by address: answered, lost, unsent, unreachable; what was not asked for is ignored', () => {
    const found = parseFping(
      ['192.0.2.1', '2001:db8::1', '192.0.2.8', '192.0.2.9', '192.0.2.7'],
      stdout,
      stderr,
    );
    expect(Object.fromEntries(found)).toEqual({
      '192.0.2.1': echoes(3, 2, { rtt: rtt(0.1, 0.2, 0.3) }),
      '2001:db8::1': echoes(3, 0),
      '192.0.2.8': echoes(0, 0),
      '192.0.2.9': echoes(3, 0, { unreachable: { by: '192.0.2.254', words: 'host unreachable' } }),
    });
  });

  test.each([
    ['nothing', ''],
    ['no numbers', '192.0.2.1 : x y'],
    ['another program', 'usage: fping [options]'],
    ['a mebibyte of dashes', `192.0.2.1 : ${'- '.repeat(2 ** 19)}x`],
    ['a mebibyte of blanks', `192.0.2.1${' '.repeat(2 ** 20)}: -`],
  ])('%s is no report', (_, text) => {
    let found = -1;
    expect(processorTime(() => (found = parseFping(['192.0.2.1'], text, text).size))).toBeLessThan(200);
    expect(found).toBe(0);
  });
});

describe('what ping prints', () => {
  test.each([
    [
      'iputils',
      `3 packets transmitted, 3 received, 0% packet loss, time 403ms
rtt min/avg/max/mdev = 0.028/0.035/0.042/0.007 ms`,
      echoes(3, 3, { rtt: rtt(0.028, 0.035, 0.042) }),
    ],
    [
      'iputils with duplicates and a pipe',
      `3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 403ms
rtt min/avg/max/mdev = 1/2/3/0.1 ms, pipe 2`,
      echoes(3, 2, { rtt: rtt(1, 2, 3) }),
    ],
    [
      'busybox',
      `3 packets transmitted, 3 packets received, 0% packet loss
round-trip min/avg/max = 0.1/0.2/0.3 ms`,
      echoes(3, 3, { rtt: rtt(0.1, 0.2, 0.3) }),
    ],
    [
      'a host that cannot be reached',
      `From 192.0.2.254 icmp_seq=1 Destination Host Unreachable

--- 192.0.2.9 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms
pipe 2`,
      echoes(2, 0, { unreachable: { by: '192.0.2.254', words: 'destination host unreachable' } }),
    ],
    ['no summary', 'PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.', null],
    ['nothing', '', null],
  ])('%s', (_, text, expected) => {
    expect(parsePing(text)).toEqual(expected);
  });
});
