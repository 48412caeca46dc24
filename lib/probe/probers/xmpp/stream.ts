import type { Code } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart } from '../../wire/opening.ts';
import { type Element, childOf, escaped, notXmpp, readElement, readTag } from './element.ts';

/** A stream that the server has opened, and what it offers on it. */
export interface Stream {
  /** who the server says it is; null when it does not */
  readonly from: string | null;
  readonly features: Element;
}

/** Opens a stream to a domain; again after TLS and a login. Source: RFC 6120 §4. */
export async function openStream(
  conversation: Conversation,
  domain: string,
  namespace: 'jabber:client' | 'jabber:server',
): Promise<Stream> {
  await conversation.write(
    `<?xml version='1.0'?><stream:stream to='${escaped(domain)}' version='1.0' xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams'>`,
  );
  await expectStart(conversation, 'XMPP', 1, (sofar) => /^[<\s]?$/.test(sofar));
  const header = await readTag(conversation);
  if (header.name !== 'stream' || header.kind === 'end')
    notXmpp(conversation, `<${safeLine(header.name, 40)}>`);
  // Before version 1.0 there were no features, and no TLS.
  if (header.attributes.get('version') === undefined)
    fail('protocol', 'protocol', `${conversation.peer} speaks XMPP before version 1.0`);
  const theirs = header.attributes.get('xmlns');
  if (theirs?.startsWith('jabber:') === true && theirs !== namespace)
    fail(
      'protocol',
      'protocol',
      `${conversation.peer} is a port for ${safeLine(theirs, 40)}, not ${namespace}`,
      {
        expected: namespace,
        got: safeLine(theirs, 40),
      },
    );
  const features = await readStanza(conversation);
  if (features.name !== 'features')
    notXmpp(conversation, `<${safeLine(features.name, 40)}> before its features`);
  const from = header.attributes.get('from');
  return { from: from === undefined ? null : safeLine(from), features };
}

/** The next element of the stream. Throws what a stream error says, and closed when the stream ends. */
export async function readStanza(conversation: Conversation): Promise<Element> {
  const tag = await readTag(conversation);
  if (tag.kind === 'end')
    fail('closed', 'protocol', `${conversation.peer} closed the stream without an answer`);
  const element = await readElement(conversation, tag);
  return element.name === 'error' ? refuse(conversation, element) : element;
}

/** Conditions that say more than that it failed. Source: RFC 6120 §4.9.3. */
const CODES: { readonly [condition: string]: Code | undefined } = {
  'resource-constraint': 'overloaded',
  'not-authorized': 'auth',
  'policy-violation': 'auth',
  'invalid-namespace': 'protocol',
  'unsupported-version': 'protocol',
};

function refuse({ peer }: Conversation, error: Element): never {
  const condition = safeLine(error.children[0]?.name ?? 'undefined-condition', 60);
  const words = safeLine(childOf(error, 'text')?.text ?? '', 120);
  const got = words === '' ? condition : `${condition} (${words})`;
  return fail(CODES[condition] ?? 'status', 'protocol', `${peer} ends the stream: ${got}`, { got });
}
