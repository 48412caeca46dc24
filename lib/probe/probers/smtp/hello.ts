import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { showReply } from '../../wire/status-reply.ts';
import { type SmtpReply, ask, refuse } from './reply.ts';
import type { SMTP_FACTS } from './smtp-facts.ts';

/** What the server says that it can do. Source: RFC 5321 §4.1.1.1. */
export interface Capabilities {
  /** as listed, upper case */
  readonly lines: readonly string[];
  readonly starttls: boolean;
  readonly authMethods: readonly string[];
}

/**
 * EHLO. A server that refuses it takes no mail from anybody of today, whatever it would say to HELO.
 * `mentionsSmtp`: whether the greeting calls it SMTP.
 */
export async function sayHello(
  conversation: Conversation,
  name: string | null,
  mentionsSmtp: boolean,
  see: (facts: FactsOf<typeof SMTP_FACTS>) => void,
): Promise<Capabilities> {
  const { peer } = conversation;
  const reply = await ask(conversation, `EHLO ${name ?? addressLiteral(conversation.local)}`);
  if (reply.code === 250) return capabilitiesOf(reply);
  if (reply.code < 400) fail('protocol', 'protocol', `${peer} answers EHLO with ${showReply(reply)}`);
  see({ code: reply.code });
  // FTP, too, greets with 220.
  if ((reply.code === 500 || reply.code === 502) && !mentionsSmtp)
    fail('protocol', 'protocol', `${peer} knows no EHLO, so it is no SMTP server: ${showReply(reply)}`);
  return refuse(reply, peer, 'refuses EHLO');
}

/** Facts of both hellos together: STARTTLS is listed only before it was carried out. */
export function capabilityFacts(before: Capabilities | null, now: Capabilities): FactsOf<typeof SMTP_FACTS> {
  const size = now.lines.find((line) => /^SIZE \d{1,15}$/.test(line))?.slice(5);
  return {
    capabilities: [...new Set([...(before?.lines ?? []), ...now.lines])],
    auth_methods: now.authMethods,
    // 0 is: no limit
    max_size: size === undefined || Number(size) === 0 ? null : Number(size),
  };
}

function capabilitiesOf({ lines: [, ...rest] }: SmtpReply): Capabilities {
  const lines = rest.map((line) => safeLine(line, 512).toUpperCase());
  // `AUTH=LOGIN` is how servers said it before RFC 2554.
  const auth = lines.flatMap((line) => (/^AUTH[ =]/.test(line) ? line.slice(5).split(' ') : []));
  return {
    lines,
    starttls: lines.includes('STARTTLS'),
    authMethods: [...new Set(auth.filter((method) => method !== ''))],
  };
}

/** RFC 5321 §4.1.3: what a client without a name of its own says. */
function addressLiteral(local: string | null): string {
  if (local === null) return 'localhost';
  return local.includes(':') ? `[IPv6:${local}]` : `[${local}]`;
}
