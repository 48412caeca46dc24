import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { minecraft } from '../../../../lib/probe/probers/minecraft.ts';
import { motdText } from '../../../../lib/probe/probers/minecraft/motd-text.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';

// A peer of ours, written from the description of the protocol: Debian has no such server.
const STATUS = {
  version: { name: 'Paper 1.21.4', protocol: 769 },
  players: { online: 3, max: 20, sample: [] },
  description: { text: 'Welcome ', extra: [{ text: 'to §aours', color: 'red' }] },
};

function number(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}
const packet = (id: number, body: Buffer) =>
  Buffer.concat([number(body.length + 1), Buffer.from([id]), body]);
const statusPacket = (text: string) =>
  packet(0, Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]));

/** Answers the status once handshake and question are there, then pings. */
function serving(text = JSON.stringify(STATUS), pong = (payload: Buffer) => packet(1, payload)) {
  return (socket: Socket) => {
    let heard = Buffer.alloc(0);
    let told = false;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      const first = (heard[0] ?? 0) + 1;
      if (
        !told &&
        heard.length >= first + 2 &&
        heard.subarray(first, first + 2).equals(Buffer.from([1, 0]))
      ) {
        told = true;
        heard = heard.subarray(first + 2);
        socket.write(statusPacket(text));
      }
      if (told && heard.length >= 10) socket.write(pong(heard.subarray(2, 10)));
    });
  };
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const at = (port: number) => `minecraft://127.0.0.1:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
async function probe(handle: (socket: Socket) => void) {
  const server = await listen(handle);
  closers.push(() => server.close());
  return probeTarget(minecraft, at(server.port));
}

proberContract({ prober: minecraft, target: at, healthy: () => listen(serving()), half: 30 });

describe('minecraft: a peer of ours', () => {
  test('its status is told', async () => {
    const result = await probe(serving());
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({
      version: 'Paper 1.21.4',
      protocol: 769,
      players: 3,
      max_players: 20,
      motd: 'Welcome to ours',
    });
  });

  test('a status with nothing in it is one', async () => {
    expect((await probe(serving('{}'))).status).toBe('up');
  });

  test('a status as large as one with an icon and modifications is read', async () => {
    const text = JSON.stringify({ ...STATUS, favicon: 'x'.repeat(500_000) });
    expect((await probe(serving(text))).status).toBe('up');
  });

  test.each([
    ['no JSON', serving('hello')],
    ['a list', serving('[]')],
    ['another ping', serving(undefined, () => packet(1, Buffer.alloc(8)))],
    ['a status that is cut short', (socket: Socket) => void socket.write(packet(0, Buffer.from([9, 0x7b])))],
    [
      'a length beyond all bounds',
      (socket: Socket) => void socket.write(Buffer.from([0xff, 0xff, 0xff, 0x7f, 0])),
    ],
    ['a number without end', (socket: Socket) => void socket.write(Buffer.alloc(9, 0xff))],
  ])('%s is protocol', async (_, handle) => {
    expect(verdict(await probe(handle))).toEqual(['down', 'protocol', 'protocol']);
  });

  test.each([
    ['a text', 'A §l§aserver', 'A server'],
    ['nothing', undefined, null],
    ['a list', [{ text: 'a' }, 'b'], 'ab'],
    ['something else', 7, ''],
  ])('a message of the day that is %s', (_, description, text) => {
    expect(motdText(description)).toBe(text);
  });

  test('a message of a thousand parts within each other is cut', () => {
    let nested: unknown = 'x';
    for (let depth = 0; depth < 1000; depth += 1) nested = { text: 'y', extra: [nested] };
    expect(motdText(nested)?.length).toBeLessThan(200);
  });
});
