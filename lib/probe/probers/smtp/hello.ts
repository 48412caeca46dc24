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

/** How the client introduces itself. */
export interface Hello {
  /** LMTP’s word is for it alone, so that the two are never taken for each other (RFC 2033 §4.1) */
  readonly command: 'EHLO' | 'LHLO';
  /** null: the own address */
  readonly name: string | null;
  /** whether a server that does not know the command is another kind of server, and not one that refuses it */
  readonly decides: boolean;
}

/** EHLO. A server that refuses it takes no mail from anybody of today, whatever it would say to HELO. */
export async function sayHello(
  conversation: Conversation,
  { command, name, decides }: Hello,
  see: (facts: FactsOf<typeof SMTP_FACTS>) => void,
): Promise<Capabilities> {
  const { peer } = conversation;
  const reply = await ask(conversation, `${command} ${name ?? addressLiteral(conversation.local)}`);
  if (reply.code === 250) return capabilitiesOf(reply);
  if (reply.code < 400) fail('protocol', 'protocol', `${peer} answers ${command} with ${showReply(reply)}`);
  see({ code: reply.code });
  const kind = command === 'EHLO' ? 'SMTP' : 'LMTP';
  if (decides && (reply.code === 500 || reply.code === 502))
    fail(
      'protocol',
      'protocol',
      `${peer} knows no ${command}, so it is no ${kind} server: ${showReply(reply)}`,
    );
  return refuse(reply, peer, `refuses ${command}`);
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
