import { VERSION } from '../../../words/version.ts';
import { type Endpoint, Fault } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { type Proxy, proxyAuthorization, showEndpoint } from '../proxy.ts';
import { readFinalHead } from './exchange-http1.ts';
import { type HeaderList, withoutSecrets } from './header-list.ts';
import { proxyRefusal } from './proxy-refusal.ts';
import type { ResponseHead } from './response-head.ts';

/** Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110 §9.3.6). Throws a Fault when it gives none. */
export async function connectThrough(conversation: Conversation, proxy: Proxy, to: Endpoint): Promise<void> {
  const head = await askForTunnel(conversation, proxy, to);
  if (head.status < 300) return;
  throw new Fault(proxyRefusal(head, proxy, showEndpoint(to), true));
}

/** The head of its answer, whatever that says; there is a tunnel when the status is 2xx. */
export async function askForTunnel(
  conversation: Conversation,
  proxy: Proxy,
  to: Endpoint,
): Promise<ResponseHead> {
  const authority = showEndpoint(to);
  const authorization = proxyAuthorization(proxy);
  const fields: HeaderList = [
    ['Host', authority],
    ['User-Agent', `puptime/${VERSION}`],
    ...(authorization === null ? [] : [['Proxy-Authorization', authorization] as const]),
  ];
  const headOf = (list: HeaderList) =>
    [`CONNECT ${authority} HTTP/1.1`, ...list.map(([name, value]) => `${name}: ${value}`), '', ''].join(
      '\r\n',
    );
  await conversation.write(headOf(fields), headOf(withoutSecrets(fields)));
  return readFinalHead(conversation);
}
