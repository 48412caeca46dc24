import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';

/** `SSH-2.0-OpenSSH_9.2p1 Debian-2`: as the other side said it, and taken apart. */
export interface Identification {
  /** without its line end: a part of what the host key signs */
  readonly line: string;
  /** `2.0`, or `1.99` of one that speaks 1 as well */
  readonly protocol: string;
  readonly software: string;
  readonly comment: string | null;
}

/** RFC 4253 §4.2 allows 255 with the line end. */
const LONGEST_LINE = 1024;
const MOST_LINES = 100;
const IDENTIFICATION = /^SSH-([^-]{1,16})-([^ ]{0,255})(?: (.*))?$/;
/** Greetings of other protocols. Lines before the identification are legal, but not those. */
const OTHER_PROTOCOL = /^(?:\d{3}[ -]|HTTP\/\d|\+OK|-ERR|\* (?:OK|BYE|PREAUTH)|RFB \d)/;

/** Reads up to the identification; lines before it are allowed (RFC 4253 §4.2) and given to `before`. */
export async function readIdentification(
  conversation: Conversation,
  before: (line: string) => void,
): Promise<Identification> {
  const { peer } = conversation;
  let heard: string | null = null;
  for (let count = 0; count < MOST_LINES; count += 1) {
    const line = await readLine(conversation, heard);
    if (line.startsWith('SSH-')) return parse(line, peer);
    refuseOther(line, peer);
    if (heard === null) heard = line;
    before(line);
  }
  return fail('too_large', 'protocol', `${peer} sent ${MOST_LINES} lines without identifying itself as SSH`);
}

async function readLine(conversation: Conversation, heard: string | null): Promise<string> {
  let begun = '';
  try {
    const bytes = await conversation.readUntil((sofar) => {
      const end = sofar.indexOf(0x0a);
      // What follows the line may be binary, the line may not: no need to wait for its end.
      const line = end === -1 ? sofar : sofar.subarray(0, end);
      begun = line.subarray(0, 100).toString('latin1');
      if (line.includes(0)) refuseOther(begun, conversation.peer, true);
      return end === -1 ? null : end + 1;
    }, LONGEST_LINE);
    return bytes.toString('latin1').replace(/\r?\n$/, '');
  } catch (error) {
    const said = heard ?? begun;
    if (!(error instanceof Fault) || error.finding.code === 'protocol' || said === '') throw error;
    const { finding } = error;
    const text = `${finding.text}; it began with ${safeLine(said, 60)}`;
    // It has spoken, but not SSH.
    const code = finding.code === 'timeout' && !said.startsWith('SSH-') ? 'protocol' : finding.code;
    throw new Fault({ ...finding, code, text });
  }
}

function refuseOther(line: string, peer: string, binary = false): void {
  if (/^Exceeded MaxStartups/i.test(line))
    fail('overloaded', 'protocol', `${peer} takes no more connections that have not logged in (MaxStartups)`);
  if (/^Not allowed at this time/i.test(line))
    fail('status', 'protocol', `${peer} takes no connection from here at this time (PerSourcePenalties)`);
  if (!binary && !OTHER_PROTOCOL.test(line)) return;
  const got = safeLine(line, 60);
  const about = { expected: 'SSH-2.0-…', got };
  fail(
    'protocol',
    'protocol',
    `${peer} does not speak SSH: it said ${got === '' ? 'binary data' : got}`,
    about,
  );
}

function parse(line: string, peer: string): Identification {
  const [, protocol, software, comment] = IDENTIFICATION.exec(line) ?? [];
  if (protocol === undefined || software === undefined)
    fail(
      'protocol',
      'protocol',
      `${peer} identified itself as ${safeLine(line, 80)}, which is not of SSH’s form`,
    );
  if (protocol !== '2.0' && protocol !== '1.99')
    fail('protocol', 'protocol', `${peer} speaks only SSH ${safeLine(protocol)}, expected 2.0`, {
      expected: '2.0',
      got: safeLine(protocol),
    });
  return { line, protocol, software, comment: comment ?? null };
}
