import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { stomp } from '../../../../lib/probe/probers/stomp.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';

const peers: { close(): unknown }[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

const ROUND: Entry = { options: { roundtrip: true } };
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** A peer made from the specification: each frame that comes is answered with the next reply. */
async function answering(replies: readonly string[], entry: Entry = {}): Promise<Result> {
  const left = [...replies];
  const peer = await listen((socket) => {
    let heard = '';
    socket.on('data', (data) => {
      heard += data.toString();
      for (let end = heard.indexOf('\0'); end !== -1; end = heard.indexOf('\0')) {
        const id = /message-body:(\w+)|\n\n([0-9a-f]{24})$/.exec(heard.slice(0, end))?.[2] ?? '';
        heard = heard.slice(end + 1);
        socket.write((left.shift() ?? '').replace('ID', id));
      }
    });
  });
  peers.push(peer);
  const target = `stomp://joe:secret@127.0.0.1:${String(peer.port)}`;
  return probeTarget(stomp, target, { timeout_ms: 600, ...entry });
}

const CONNECTED = 'CONNECTED\nversion:1.2\n\n\0';
const BYE = 'RECEIPT\nreceipt-id:puptime-bye\n\n\0';

describe('a peer made from the specification', () => {
  test.each([
    ['version 1.0, with nothing but the command', ['CONNECTED\n\n\0', BYE]],
    ['CRLF, as 1.2 allows', ['CONNECTED\r\nversion:1.2\r\n\r\n\0', BYE]],
    ['line ends between frames', [`\n\n${CONNECTED}\n\r\n`, `\n${BYE}\n`]],
    [
      'a header several times, of which the first one counts',
      ['CONNECTED\nversion:1.1\nversion:9\n\n\0', BYE],
    ],
    ['a body with its length', ['CONNECTED\nversion:1.2\ncontent-length:3\n\na\0b\0', BYE]],
    ['a colon in a value', ['CONNECTED\nversion:1.2\nsession:ID:a:b\n\n\0', BYE]],
  ])('%s is up', async (_, replies) => {
    const result = await answering(replies);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['version']).toMatch(/^1\.[012]$/);
  });

  test('no transcript shows the password', async () => {
    const left = [CONNECTED, BYE];
    const peer = await listen((socket) => void socket.on('data', () => socket.write(left.shift() ?? '')));
    peers.push(peer);
    const target = `stomp://joe:secret@127.0.0.1:${String(peer.port)}`;
    const { result, transcript } = await probeWithTranscript(stomp, target);
    expect(result.status).toBe('up');
    expect(transcript).toContain('passcode:***');
    expect(transcript).not.toContain('secret');
  });

  test('a round trip', async () => {
    const receipt = 'RECEIPT\nreceipt-id:puptime-subscribed\n\n\0';
    const message = 'MESSAGE\nmessage-id:1\nsubscription:1\ndestination:/topic/x\n\nID\0';
    const result = await answering([CONNECTED, receipt, message, BYE], ROUND);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['roundtrip_ms']).toBeGreaterThanOrEqual(0);
    const other = await answering([CONNECTED, receipt, 'MESSAGE\n\nsomething else\0', BYE], ROUND);
    expect(verdict(other)).toEqual(['down', 'status', 'protocol', null]);
  });

  test.each([
    // ActiveMQ
    ['message:User name [joe] or password is invalid.', '\tjava.lang.SecurityException: …', 'auth'],
    ['message:AMQ229031: Unable to validate user from /192.0.2.7. Username: joe', 'x', 'auth'],
    ['message:Invalid frame', 'no such command', 'status'],
    ['message:Unauthorized', '', 'auth'],
    ['message:Maximum connections reached', '', 'overloaded'],
    ['message:Supported protocol versions are 1.2', '', 'status'],
    ['content-type:text/plain', '', 'status'],
  ])('ERROR with %s: %s is %s', async (header, body, code) => {
    const result = await answering([`ERROR\n${header}\n\n${body}\0`]);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
    expect(JSON.stringify(result.reasons)).not.toContain('secret');
  });

  test.each([
    ['a receipt for something else', [CONNECTED, 'RECEIPT\nreceipt-id:x\n\n\0'], 'protocol'],
    ['another frame', [CONNECTED, 'MESSAGE\n\n\0'], 'protocol'],
    ['a line that is no header', ['CONNECTED\nwhat\n\n\0'], 'protocol'],
    ['a length that is none', ['CONNECTED\ncontent-length:-1\n\n\0'], 'protocol'],
    ['a body longer than its length', ['CONNECTED\ncontent-length:1\n\nabc\0'], 'protocol'],
    ['a huge length', ['CONNECTED\ncontent-length:999999999\n\n'], 'too_large'],
    ['headers without end', [`CONNECTED\n${'a:b\n'.repeat(200)}`], 'too_large'],
    ['line ends without end', ['\n'.repeat(2000)], 'too_large'],
    ['a body without end', [`CONNECTED\n\n${'x'.repeat(300_000)}`], 'too_large'],
  ])('%s', async (_, replies, code) => {
    const result = await answering(replies);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
  });
});

test.each(['stomp://joe@h', 'stomp://joe:a%0ab@h', 'stomp://h/a%0ab'])('%s is refused', (target) => {
  expect(() => jobFor(stomp, target)).toThrow();
});
