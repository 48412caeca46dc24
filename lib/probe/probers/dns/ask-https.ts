import type { TlsSession } from '../../wire/tls-handshake.ts';
import type { Asked } from './ask.ts';
import type { DnsContext } from './dns-facts.ts';
import type { DnsMessage } from './message.ts';
import type { Query } from './query.ts';

export interface HttpsOptions {
  readonly path: string;
  readonly method: 'GET' | 'POST';
}

export async function askHttps(
  context: DnsContext,
  _options: HttpsOptions,
  _asked: Asked,
  _query: Query,
  _onStatus: (status: number) => void,
): Promise<{ message: DnsMessage; tls: TlsSession | null }> {
  await context.dial();
  throw new Error('not yet');
}
