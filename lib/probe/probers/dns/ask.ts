import { randomInt } from 'node:crypto';
import type { Address } from '../../prober.ts';
import type { TlsSession } from '../../wire/tls-handshake.ts';
import { askDatagrams } from './ask-datagrams.ts';
import { type HttpsOptions, askHttps } from './ask-https.ts';
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
      return ask(context, { ...asking, transport: 'tcp' }, asked, onHttpStatus);
    }
    case 'tcp':
    case 'tls': {
      const conversation = await context.dial({
        ...wayTo(context, asked),
        ...(transport === 'tls' ? { tls: nameFor(context, asked) } : {}),
      });
      return { message: await askStream(conversation, query), transport, tls: conversation.tls() };
    }
    case 'https':
      return { transport, ...(await askHttps(context, asking.https, asked, query, onHttpStatus)) };
  }
}

/** The address that is probed is the context’s own business: it may have to leave time for others. */
export function wayTo(context: DnsContext, { address }: Asked): { readonly to?: Address } {
  return address === context.address ? {} : { to: address };
}

/** The target’s own server is asked for by the name that `tls` says. */
export function nameFor(context: DnsContext, { host }: Asked): { readonly serverName?: string } {
  return host === context.host ? {} : { serverName: host };
}
