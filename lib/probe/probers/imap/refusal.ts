import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault } from '../../prober.ts';
import type { ImapState } from './response.ts';

/** The response codes that say whose fault it is. Source: RFC 5530 §3, RFC 9051 §7.1. */
const MEANINGS: { readonly [code: string]: Code } = {
  AUTHENTICATIONFAILED: 'auth',
  AUTHORIZATIONFAILED: 'auth',
  EXPIRED: 'auth',
  PRIVACYREQUIRED: 'auth',
  NOPERM: 'auth',
  LIMIT: 'overloaded',
  OVERQUOTA: 'overloaded',
  UNAVAILABLE: 'status',
  SERVERBUG: 'status',
  CORRUPTION: 'status',
  INUSE: 'status',
  NONEXISTENT: 'status',
};

/**
 * A refusal told. Without a code that says more it is `otherwise`; but servers of before RFC 5530 tell of their limits in
 * words only. `what` completes “192.0.2.7:143 …”.
 */
export function refusal(
  state: ImapState,
  peer: string,
  what: string,
  { phase = 'protocol', otherwise = 'status' }: { readonly phase?: Phase; readonly otherwise?: Code } = {},
): Finding {
  const got = showState(state);
  const known = state.code === null ? undefined : MEANINGS[state.code];
  const code =
    known ?? (/too many|maximum number/i.test(state.text.slice(0, 500)) ? 'overloaded' : otherwise);
  return { code, phase, text: `${peer} ${what}: ${got}`, got };
}

export function refuse(
  state: ImapState,
  peer: string,
  what: string,
  about?: { readonly phase?: Phase; readonly otherwise?: Code },
): never {
  throw new Fault(refusal(state, peer, what, about));
}

/** `NO [UNAVAILABLE] try later`, as one harmless line. */
export function showState({ word, code, text }: ImapState): string {
  return safeLine(`${word}${code === null ? '' : ` [${code}]`} ${text}`, 160);
}
