import { describe, expect, test } from 'vitest';
import { tcp } from '../../../lib/probe/probers/tcp.ts';
import { closedPort, listen } from '../../contract/misbehaving-server.ts';
import { probeTarget } from '../../contract/probe-target.ts';
import { proberContract } from '../../contract/prober-contract.ts';

const target = (port: number) => `tcp://127.0.0.1:${String(port)}`;
const greeting = () =>
  listen((socket) => {
    socket.write('+OK ready\r\n');
    socket.on('data', (data: Buffer) => socket.write(data.toString().toUpperCase()));
  });

proberContract({
  prober: tcp,
  target,
  healthy: greeting,
  entry: { options: { dialogue: [{ expect: '+OK ' }, { send: 'hello\r\n' }, { expect: 'HELLO\r\n' }] } },
  codes: { ssh: ['protocol', 'closed'], http: ['timeout'] },
  // A dialogue waits for its text, whatever comes before.
  patient: ['garbage', 'smtp', 'ssh', 'http'],
});

describe('tcp', () => {
  test('a port that accepts is up without waiting for a banner that nobody asked for', async () => {
    const peer = await listen(() => undefined);
    const result = await probeTarget(tcp, target(peer.port));
    await peer.close();
    expect(result.status).toBe('up');
    expect(result.facts).toMatchObject({ open: true });
  });

  test('a banner is read when it is expected', async () => {
    const peer = await greeting();
    const result = await probeTarget(tcp, target(peer.port), { expect: { banner: 'ready' } });
    await peer.close();
    expect(result.status).toBe('up');
    expect(result.facts['banner']).toBe('+OK ready\n');
  });

  test('what comes back after `send` is the reply', async () => {
    const peer = await greeting();
    const result = await probeTarget(tcp, target(peer.port), {
      options: { send: { hex: '61 62 0a' } },
      expect: { reply: 'AB' },
    });
    await peer.close();
    expect(result.status).toBe('up');
  });

  test('a step keeps what it captured', async () => {
    const peer = await greeting();
    const options = { dialogue: [{ expect: { matches: '^\\+OK (\\w+)\r\n' }, capture: 'word' }] };
    const result = await probeTarget(tcp, target(peer.port), {
      options,
      expect: { captures: { word: 'ready' } },
    });
    await peer.close();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a port that must be closed is up when it is, and down when it is open', async () => {
    expect((await probeTarget(tcp, target(await closedPort()), { options: { closed: true } })).status).toBe(
      'up',
    );
    const peer = await listen(() => undefined);
    const open = await probeTarget(tcp, target(peer.port), { options: { closed: true } });
    await peer.close();
    expect([open.status, open.reason?.fact, open.reason?.got]).toEqual(['down', 'open', true]);
  });

  test('a target without a port is a mistake of the user', async () => {
    await expect(probeTarget(tcp, 'tcp://127.0.0.1')).rejects.toThrow('it names no port');
  });
});
