import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';

/** What a server answers when it refuses: the word of the specification, and what it means for the service. */
export interface Refusal {
  readonly word: string;
  readonly code: Code;
}

/** Source: MQTT 3.1.1 §3.2.2.3; the words are those of MQTT 5. */
const RETURN_CODES: { readonly [code: number]: Refusal } = {
  0x01: { word: 'unsupported_protocol_version', code: 'protocol' },
  0x02: { word: 'client_identifier_not_valid', code: 'status' },
  0x03: { word: 'server_unavailable', code: 'overloaded' },
  0x04: { word: 'bad_user_name_or_password', code: 'auth' },
  0x05: { word: 'not_authorized', code: 'auth' },
};

/** Source: MQTT 5.0 §2.4. */
const REASON_CODES: { readonly [code: number]: Refusal } = {
  0x80: { word: 'unspecified_error', code: 'status' },
  0x81: { word: 'malformed_packet', code: 'protocol' },
  0x82: { word: 'protocol_error', code: 'protocol' },
  0x83: { word: 'implementation_specific_error', code: 'status' },
  0x84: { word: 'unsupported_protocol_version', code: 'protocol' },
  0x85: { word: 'client_identifier_not_valid', code: 'status' },
  0x86: { word: 'bad_user_name_or_password', code: 'auth' },
  0x87: { word: 'not_authorized', code: 'auth' },
  0x88: { word: 'server_unavailable', code: 'overloaded' },
  0x89: { word: 'server_busy', code: 'overloaded' },
  0x8a: { word: 'banned', code: 'auth' },
  0x8b: { word: 'server_shutting_down', code: 'status' },
  0x8c: { word: 'bad_authentication_method', code: 'auth' },
  0x8d: { word: 'keep_alive_timeout', code: 'status' },
  0x8e: { word: 'session_taken_over', code: 'status' },
  0x8f: { word: 'topic_filter_invalid', code: 'status' },
  0x90: { word: 'topic_name_invalid', code: 'status' },
  0x93: { word: 'receive_maximum_exceeded', code: 'overloaded' },
  0x95: { word: 'packet_too_large', code: 'status' },
  0x96: { word: 'message_rate_too_high', code: 'overloaded' },
  0x97: { word: 'quota_exceeded', code: 'overloaded' },
  0x98: { word: 'administrative_action', code: 'status' },
  0x99: { word: 'payload_format_invalid', code: 'status' },
  0x9a: { word: 'retain_not_supported', code: 'status' },
  0x9b: { word: 'qos_not_supported', code: 'status' },
  0x9c: { word: 'use_another_server', code: 'status' },
  0x9d: { word: 'server_moved', code: 'status' },
  0x9f: { word: 'connection_rate_exceeded', code: 'overloaded' },
  0xa0: { word: 'maximum_connect_time', code: 'status' },
  0xa2: { word: 'wildcard_subscriptions_not_supported', code: 'status' },
};

/** For the fact `connack`: the reason code of each word. */
export const CODES_BY_WORD: { readonly [word: string]: Code } = Object.fromEntries(
  Object.values(REASON_CODES).map(({ word, code }) => [word, code]),
);

/** What this CONNACK code refuses; null: it is accepted. A server that knows no MQTT 5 answers it in the old way. */
export function refusalOf(code: number): Refusal | null {
  if (code === 0) return null;
  return code < 0x80 ? (RETURN_CODES[code] ?? unknown(code)) : reasonOf(code);
}

/** What a reason code of 128 or more means. */
export function reasonOf(code: number): Refusal {
  return REASON_CODES[code] ?? unknown(code);
}

/** `what` completes “192.0.2.7:1883 …”; `said` is the server’s own text, where it gave one. */
export function findingOf({ word, code }: Refusal, peer: string, what: string, said: string | null): Finding {
  const words = said === null || said === '' ? '' : ` (${safeLine(said, 120)})`;
  const phase: Phase = code === 'auth' ? 'auth' : 'protocol';
  return { code, phase, text: `${peer} ${what}: ${word.replaceAll('_', ' ')}${words}`, got: word };
}

function unknown(code: number): Refusal {
  return { word: `code_${String(code)}`, code: 'status' };
}
