import type { Code, Phase } from '../../../words/reason.ts';
import { fail } from '../../prober.ts';
import type { Pdu } from './pdu.ts';

/** What the counter in a report says. Source: RFC 3414 §5, RFC 3412 §5, RFC 3413 §4.1.2. */
const REPORTS: Readonly<Record<string, readonly [name: string, code: Code, words: string]>> = {
  '1.3.6.1.6.3.15.1.1.1.0': [
    'usmStatsUnsupportedSecLevels',
    'auth',
    'does not have this user at this security level (signed or not, encrypted or not)',
  ],
  '1.3.6.1.6.3.15.1.1.2.0': [
    'usmStatsNotInTimeWindows',
    'auth',
    'does not take even its own clock for right',
  ],
  '1.3.6.1.6.3.15.1.1.3.0': ['usmStatsUnknownUserNames', 'auth', 'does not know the user'],
  '1.3.6.1.6.3.15.1.1.4.0': ['usmStatsUnknownEngineIDs', 'status', 'does not know its own engine id'],
  '1.3.6.1.6.3.15.1.1.5.0': [
    'usmStatsWrongDigests',
    'auth',
    'refuses the signature: the password, or auth_protocol, is wrong',
  ],
  '1.3.6.1.6.3.15.1.1.6.0': [
    'usmStatsDecryptionErrors',
    'auth',
    'cannot decrypt: priv_password, or priv_protocol, is wrong',
  ],
  '1.3.6.1.6.3.12.1.5.0': ['snmpUnknownContexts', 'status', 'does not have the context'],
  '1.3.6.1.6.3.12.1.4.0': ['snmpUnavailableContexts', 'status', 'has the context, but not now'],
};

const LATE = '1.3.6.1.6.3.15.1.1.2.0';

/** The agent’s clock is another than was said; its report has the right one. */
export function isLateReport(pdu: Pdu): boolean {
  return pdu.kind === 'report' && pdu.bindings[0]?.oid === LATE;
}

export function explainReport({ bindings }: Pdu, peer: string): never {
  const oid = bindings[0]?.oid ?? 'nothing';
  const [name, code, words] = REPORTS[oid] ?? [oid, 'status', 'refuses the question'];
  const phase: Phase = code === 'auth' ? 'auth' : 'protocol';
  return fail(code, phase, `${peer} ${words} (${name})`, { got: name });
}
