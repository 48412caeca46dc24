import { createHash, randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { VERSION } from '../../../words/version.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { readHead } from '../../wire/http/exchange-http1.ts';
import {
  type HeaderList,
  headerValue,
  headersFact,
  itemsOf,
  withoutSecrets,
} from '../../wire/http/header-list.ts';
import { type Place, authorityOf } from '../../wire/http/place.ts';
import { type ResponseHead, parseHead } from '../../wire/http/response-head.ts';
import type { WsContext } from './ws-facts.ts';

/** What is asked for in the handshake. */
export interface Upgrade {
  readonly place: Place;
  readonly headers: HeaderList;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly subprotocols: readonly string[];
}

const MOST_INTERIM = 20;
/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The opening handshake (RFC 6455 §4). False when the server answers with another status, which is a fact. */
export async function upgrade(
  conversation: Conversation,
  asked: Upgrade,
  context: WsContext,
): Promise<boolean> {
  const key = randomBytes(16).toString('base64');
  const fields = fieldsOf(asked, key);
  const headOf = (list: HeaderList) =>
    [`GET ${asked.place.path} HTTP/1.1`, ...list.map(([name, value]) => `${name}: ${value}`), '', ''].join(
      '\r\n',
    );
  await conversation.write(headOf(fields), headOf(withoutSecrets(fields)));
  const head = await readFinal(conversation);
  context.see({ status: head.status, headers: headersFact(head.headers) });
  if (head.status !== 101) {
    if (head.status === 401 || head.status === 407)
      context.find({ code: 'auth', phase: 'auth', text: `the login was refused (${String(head.status)})` });
    return false;
  }
  checkAccepted(head, key, asked, context);
  return true;
}

function fieldsOf({ place, headers, authorization, origin, subprotocols }: Upgrade, key: string): HeaderList {
  const own: [string, string | null][] = [
    ['Host', authorityOf(place)],
    ['User-Agent', `puptime/${VERSION}`],
    ['Authorization', authorization],
    ['Origin', origin],
    ['Sec-WebSocket-Protocol', subprotocols.length === 0 ? null : subprotocols.join(', ')],
  ];
  return [
    ...own.flatMap(([name, value]) =>
      value === null || headerValue(headers, name.toLowerCase()) !== null ? [] : [[name, value] as const],
    ),
    ...headers,
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', key],
  ];
}

async function readFinal(conversation: Conversation): Promise<ResponseHead> {
  for (let interim = 0; interim <= MOST_INTERIM; interim++) {
    const head = parseHead(await readHead(conversation));
    if (head.status === 101 || head.status >= 200) return head;
  }
  return fail('protocol', 'protocol', `it sent more than ${String(MOST_INTERIM)} interim answers (1xx)`);
}

/** RFC 6455 §4.1, what a client must look at. */
function checkAccepted(
  { headers }: ResponseHead,
  key: string,
  { subprotocols }: Upgrade,
  context: WsContext,
): void {
  const wrong = (text: string): never => fail('protocol', 'protocol', text);
  const value = (name: string) => headerValue(headers, name);
  if (value('upgrade')?.toLowerCase() !== 'websocket')
    wrong(`it switches to "${safeLine(value('upgrade') ?? '', 40)}", expected websocket`);
  if (!itemsOf(value('connection')).includes('upgrade')) wrong('its Connection field does not say Upgrade');
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  if (value('sec-websocket-accept')?.trim() !== accept)
    wrong('Sec-WebSocket-Accept is not the answer to our key: an HTTP cache, or no WebSocket server');
  const extensions = value('sec-websocket-extensions');
  if (extensions !== null && extensions.trim() !== '')
    wrong(`it uses the extension "${safeLine(extensions, 60)}", which nobody asked for`);
  const chosen = value('sec-websocket-protocol');
  if (chosen !== null && !subprotocols.includes(chosen))
    wrong(`it chose the subprotocol "${safeLine(chosen, 60)}", which nobody asked for`);
  context.see({ subprotocol: chosen });
  if (chosen === null && subprotocols.length > 0)
    wrong(`it chose no subprotocol, expected ${subprotocols.join(' or ')}`);
}
