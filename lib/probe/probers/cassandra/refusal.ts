import type { Code, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Bytes } from '../../wire/bytes.ts';
import { type Frame, OPCODE, readText } from './frames.ts';

/** Error codes. Source: native protocol, version 4, §9. */
const KNOWN: Readonly<Record<number, readonly [code: Code, phase: Phase, words: string]>> = {
  0x0000: ['status', 'protocol', 'failed'],
  0x000a: ['protocol', 'protocol', 'does not take the request as it was sent'],
  0x0100: ['auth', 'auth', 'refused the user or password'],
  0x1000: ['quorum', 'protocol', 'has too few replicas alive for this consistency'],
  0x1001: ['overloaded', 'protocol', 'is overloaded'],
  0x1002: ['loading', 'protocol', 'is still joining its cluster'],
  0x1100: ['quorum', 'protocol', 'heard of too few replicas in time'],
  0x1200: ['quorum', 'protocol', 'heard of too few replicas in time'],
  0x1300: ['status', 'protocol', 'had replicas that failed'],
  0x1500: ['status', 'protocol', 'had replicas that failed'],
  0x2000: ['status', 'protocol', 'does not understand the query'],
  0x2100: ['auth', 'auth', 'does not let this user do that'],
  0x2200: ['status', 'protocol', 'refused the query'],
};

/** The frame, unless it is an error: then it throws what that means. `asked` is what it answers. */
export function accepted(frame: Frame, peer: string, asked: string): Frame {
  if (frame.opcode !== OPCODE.error) return frame;
  const { number, said } = readError(frame.body);
  const [code, phase, words] = KNOWN[number] ?? ['status', 'protocol', 'answered with an error'];
  const shown = `0x${number.toString(16).padStart(4, '0')} ${said}`;
  return fail(code, phase, `${peer} ${words} (${asked}: ${shown})`);
}

function readError(body: Bytes): { readonly number: number; readonly said: string } {
  return { number: body.i32(), said: safeLine(readText(body), 160) };
}
