import { randomInt } from 'node:crypto';
import { type Address, Fault } from '../../prober.ts';
import type { TlsSession } from '../../wire/tls-handshake.ts';
import { askDatagrams } from './ask-datagrams.ts';
import type { HttpsOptions } from './ask-https.ts';
import { askStream } from './ask-stream.ts';
import type { DnsContext } from './dns-facts.ts';
import type { DnsMessage, Question } from './message.ts';
import { type QueryFlags, encodeQuery } from './query.ts';

/** What every server is asked, and over what. */
export interface Asking {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'https';
  readonly question: Question;
  readonly flags: QueryFlags;
  readonly tries: number;
  readonly https: HttpsOptions;
}

/** A server whose name was resolved. */
export interface Asked {
  /** for SNI and Host */
  readonly host: string;
  readonly address: Address;
}

export interface Answered {
  readonly message: DnsMessage;
  /** what it came over in the end */
  readonly transport: Asking['transport'];
  readonly tls: TlsSession | null;
}

/** Asks one server once. A truncated answer over UDP is asked for again over TCP (RFC 7766 §5). */
export async function ask(
  context: DnsContext,
  asking: Asking,
  asked: Asked,
  onHttpStatus: (status: number) => void,
): Promise<Answered> {
  const { transport, question, flags } = asking;
  // A guess at the id is half of what forging an answer takes. Over HTTPS it is 0, for caches (RFC 8484 §4.1).
  const query = encodeQuery(transport === 'https' ? 0 : randomInt(65_536), question, flags);
  switch (transport) {
    case 'udp': {
      const message = await askDatagrams(context, asked.address, query, asking.tries);
      if (!message.flags.includes('tc')) return { message, transport, tls: null };
      return await askAgain(context, asking, asked);
    }
    case 'tcp': {
      const conversation = await context.dial(wayTo(context, asked));
      return { message: await askStream(conversation, query), transport, tls: null };
    }
    case 'tls': {
      const conversation = await context.dial({ ...wayTo(context, asked), tls: nameFor(context, asked) });
      return { message: await askStream(conversation, query), transport, tls: conversation.tls() };
    }
    case 'https': {
      // Loads HTTP/2, which no other transport needs.
      const { askHttps } = await import('./ask-https.ts');
      const tls = { ...nameFor(context, asked), alpn: ['h2', 'http/1.1'] };
      const conversation = await context.dial({ ...wayTo(context, asked), tls });
      const place = { ...asking.https, host: asked.host, port: asked.address.port };
      const message = await askHttps(context, conversation, place, query, onHttpStatus);
      return { message, transport, tls: conversation.tls() };
    }
  }
}

async function askAgain(context: DnsContext, asking: Asking, asked: Asked): Promise<Answered> {
  try {
    return await ask(context, { ...asking, transport: 'tcp' }, asked, () => undefined);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { finding } = error;
    throw new Fault({
      ...finding,
      text: `${finding.text} over TCP, after an answer over UDP that was truncated`,
    });
  }
}

/** The address that is probed is the context’s own business: it may have to leave time for others. */
function wayTo(context: DnsContext, { address }: Asked): { readonly to?: Address } {
  return address === context.address ? {} : { to: address };
}

/** The target’s own server is asked for by the name that `tls` says. */
function nameFor(context: DnsContext, { host }: Asked): { readonly serverName?: string } {
  return host === context.host ? {} : { serverName: host };
}
