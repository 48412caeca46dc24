import type { FactTable, FactsOf } from '../../../words/fact.ts';
import { type NtpPacket, unixTime } from './packet.ts';

export const NTP_FACTS = {
  kiss: {
    kind: 'word',
    code: 'status',
    codes: { RATE: 'overloaded' },
    meaning:
      'why the server sends no time, in four letters (RFC 5905 §7.4): RATE, you ask too often; DENY and RSTR, this host may not ask; INIT and STEP, it is not ready yet. Absent when it sends time',
  },
  synchronized: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether it says that its clock is set: a leap indicator other than 3, and a stratum from 1 to 15',
  },
  stratum: {
    kind: 'number',
    meaning:
      'steps away from a reference clock: 1 has one, 2 asks such a server …; 0 and 16 are unsynchronized',
  },
  offset_ms: {
    kind: 'number',
    unit: 'ms',
    code: 'mismatch',
    meaning:
      'how far its clock is ahead of the clock of the host that runs puptime (behind: negative), to a millisecond or two, and to half of `delay_ms` where the way there and back differ. Absent when it is not synchronized',
  },
  delay_ms: { kind: 'number', unit: 'ms', meaning: 'round trip without the time that the server took' },
  leap: {
    kind: 'word',
    meaning: 'leap second at the end of the day: none, insert, delete; or unsynchronized',
  },
  refid: {
    kind: 'word',
    meaning:
      'what it follows: GPS, PPS and the like for stratum 1, else the IPv4 address of its server (for IPv6 a hash that looks like one)',
  },
  reference_age_s: {
    kind: 'number',
    unit: 's',
    meaning: 'how long ago its clock was last set, by its own word; absent when never',
  },
  root_delay_ms: { kind: 'number', unit: 'ms', meaning: 'round trip from it to its reference clock' },
  root_dispersion_ms: {
    kind: 'number',
    unit: 'ms',
    meaning: 'how far its clock may be off at most, beyond that round trip, by its own word',
  },
  precision_ms: { kind: 'number', unit: 'ms', meaning: 'the smallest step of its clock' },
  version: { kind: 'number', meaning: 'version of NTP that it answers with; 4 is usual' },
} as const satisfies FactTable;

const LEAPS = ['none', 'insert', 'delete', 'unsynchronized'] as const;

/** `received`: our wall clock when the answer came, `elapsed_ms`: since the question was sent. */
export function ntpFacts(
  packet: NtpPacket,
  { received, elapsed_ms }: { readonly received: number; readonly elapsed_ms: number },
): FactsOf<typeof NTP_FACTS> {
  const { leap, stratum, refid, reference } = packet;
  const kiss = kissOf(packet);
  const synchronized = leap !== 3 && stratum >= 1 && stratum <= 15 && packet.transmit !== 0n;
  const [arrived, left] = [unixTime(packet.receive, received), unixTime(packet.transmit, received)];
  const offset = (arrived - (received - elapsed_ms) + (left - received)) / 2;
  return {
    ...(kiss === null ? {} : { kiss }),
    synchronized,
    stratum,
    leap: LEAPS[leap] ?? null,
    version: packet.version,
    ...(synchronized ? { offset_ms: rounded(offset) } : {}),
    ...(kiss === null ? { delay_ms: rounded(Math.max(0, elapsed_ms - Math.max(0, left - arrived))) } : {}),
    ...(stratum === 0 ? {} : { refid: refidOf(refid, stratum) }),
    ...(reference === 0n ? {} : { reference_age_s: rounded((left - unixTime(reference, received)) / 1000) }),
    root_delay_ms: rounded(packet.rootDelay_ms),
    root_dispersion_ms: rounded(packet.rootDispersion_ms),
    precision_ms: Number((packet.precision * 1000).toPrecision(3)),
  };
}

/** Four capital letters where there is no stratum. */
function kissOf({ stratum, refid }: NtpPacket): string | null {
  const letters = refid.toString('latin1');
  return stratum === 0 && /^[A-Z]{4}$/.test(letters) ? letters : null;
}

function refidOf(refid: Buffer, stratum: number): string {
  const letters = refid.toString('latin1').replace(/\0+$/, '');
  return stratum === 1 && /^[ -~]{1,4}$/.test(letters) ? letters.trim() : [...refid].join('.');
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
