import type { Code, Finding, Phase } from '../../../words/reason.ts';
import type { LdapResult } from './messages.ts';

/** Names of result codes, and the reason code of each that differs from `status`. Source: RFC 4511 §4.1.9, appendix A. */
const RESULTS: Readonly<Record<number, readonly [name: string, code?: Code]>> = {
  0: ['success'],
  1: ['operationsError'],
  2: ['protocolError'],
  3: ['timeLimitExceeded'],
  4: ['sizeLimitExceeded'],
  7: ['authMethodNotSupported', 'auth'],
  8: ['strongerAuthRequired', 'auth'],
  10: ['referral'],
  11: ['adminLimitExceeded', 'overloaded'],
  12: ['unavailableCriticalExtension'],
  13: ['confidentialityRequired', 'auth'],
  16: ['noSuchAttribute'],
  17: ['undefinedAttributeType'],
  18: ['inappropriateMatching'],
  32: ['noSuchObject'],
  33: ['aliasProblem'],
  34: ['invalidDNSyntax'],
  36: ['aliasDereferencingProblem'],
  48: ['inappropriateAuthentication', 'auth'],
  49: ['invalidCredentials', 'auth'],
  50: ['insufficientAccessRights', 'auth'],
  51: ['busy', 'overloaded'],
  52: ['unavailable'],
  53: ['unwillingToPerform'],
  54: ['loopDetect'],
  80: ['other'],
};

/** What to do about some of them, where the name does not say it. */
const ADVICE: Readonly<Record<number, string>> = {
  8: 'it wants a login',
  13: 'it wants TLS first: set `starttls: require`, or use ldaps://',
  32: 'the base is not there',
  48: 'it takes no anonymous logins',
};

/** By name, the codes that are not `status`: for the fact `result`. */
export const RESULT_CODES: Readonly<Record<string, Code>> = Object.fromEntries(
  Object.values(RESULTS).flatMap(([name, code]) => (code === undefined ? [] : [[name, code]])),
);

/** `noSuchObject`; a code that has no name is its number. */
export function resultName(code: number): string {
  return RESULTS[code]?.[0] ?? String(code);
}

/** A result that is no success. `what` completes “192.0.2.7:389 …”. */
export function explainResult(result: LdapResult, peer: string, what: string, phase: Phase): Finding {
  const got = showResult(result);
  const code = RESULTS[result.code]?.[1] ?? 'status';
  return { code, phase, text: `${peer} ${what}: ${got}`, got };
}

/** `invalidCredentials (49): the server’s words` */
export function showResult({ code, diagnostic, referrals }: LdapResult): string {
  const words = [diagnostic, ADVICE[code] ?? '', referrals.slice(0, 3).join(' ')].filter(
    (text) => text !== '',
  );
  return [`${resultName(code)} (${String(code)})`, ...words].join(': ');
}
