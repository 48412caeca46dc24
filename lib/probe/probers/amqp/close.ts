import type { Code, Finding } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { Bytes } from '../../wire/bytes.ts';
import { shortText } from './table.ts';

/** Why a server closes a connection or a channel. */
export interface Close {
  readonly code: number;
  readonly text: string;
}

/** Source: AMQP 0-9-1 §1.1, “constants”. Others are failures of the broker’s own. */
const CODES: { readonly [code: number]: Code } = {
  403: 'auth',
  501: 'protocol',
  502: 'protocol',
  503: 'protocol',
  504: 'protocol',
  505: 'protocol',
  506: 'overloaded',
};
const NOT_ALLOWED = 530;

export function readClose(bytes: Bytes): Close {
  const code = bytes.u16();
  return { code, text: shortText(bytes) };
}

/** `what` completes “192.0.2.7:5672 …”: `refuses the login`. */
export function findingOf(close: Close, peer: string, what: string): Finding {
  const code = codeOf(close);
  const got = `${String(close.code)} ${safeLine(close.text, 200)}`;
  return { code, phase: code === 'auth' ? 'auth' : 'protocol', text: `${peer} ${what}: ${got}`, got };
}

/** 530 stands for a virtual host that is missing, closed to this user, or full: only RabbitMQ’s words tell which. */
function codeOf({ code, text }: Close): Code {
  if (code !== NOT_ALLOWED) return CODES[code] ?? 'status';
  if (/limit/i.test(text)) return 'overloaded';
  return /refused/i.test(text) ? 'auth' : 'status';
}
