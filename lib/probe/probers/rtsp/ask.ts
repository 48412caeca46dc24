import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Challenge, challengesOf } from '../../wire/http/challenges.ts';
import { type DigestLogin, digestAuthorization } from '../../wire/http/digest.ts';
import { type MessageForm, type MessageHead, readMessage } from '../../wire/text-message.ts';

export interface RtspAnswer {
  readonly head: MessageHead;
  readonly body: Buffer;
}

/** What all requests of a probe share. */
export interface RtspSession {
  readonly conversation: Conversation;
  readonly url: string;
  readonly login: DigestLogin | null;
  /** whether the password may be sent as it is */
  readonly mayShow: boolean;
  /** one more each time: RFC 2326 §12.17 */
  readonly nextSequence: () => number;
}

type Method = 'OPTIONS' | 'DESCRIBE';

const FORM: MessageForm = { protocol: 'RTSP', start: 'RTSP/1.0 ', short: {} };
/** Interim answers that are waited out. */
const MOST_INTERIM = 20;

/**
 * Asks, and once more with the login when that is wanted. A second 401 is given
 * back as it is. Throws auth when no offered mechanism fits. Source: RFC 2326 §10, §12.44; RFC 7616.
 */
export async function ask(session: RtspSession, method: Method): Promise<RtspAnswer> {
  const first = await exchange(session, method, null);
  if (first.head.status !== 401 || session.login === null) return first;
  const offered = (first.head.fields.get('www-authenticate') ?? []).flatMap((field) => challengesOf(field));
  return exchange(session, method, authorization(session, session.login, method, offered));
}

function authorization(
  { conversation: { peer }, url, mayShow }: RtspSession,
  login: DigestLogin,
  method: Method,
  offered: readonly Challenge[],
): string {
  const digest = digestAuthorization(offered, login, { method, uri: url, body: null });
  if (digest !== null) return digest;
  if (!offered.some(({ scheme }) => scheme === 'basic'))
    return fail('auth', 'auth', `${peer} wants a login, but offers neither Digest nor Basic`);
  if (!mayShow)
    return fail(
      'auth',
      'auth',
      `${peer} takes the password only in the clear (Basic): use rtsps, or set \`allow_plaintext: true\``,
    );
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

async function exchange(
  { conversation, url, nextSequence }: RtspSession,
  method: Method,
  authorized: string | null,
): Promise<RtspAnswer> {
  const sequence = nextSequence();
  const request = (credentials: string | null) =>
    [
      `${method} ${url} RTSP/1.0`,
      `CSeq: ${String(sequence)}`,
      'User-Agent: puptime',
      ...(method === 'DESCRIBE' ? ['Accept: application/sdp'] : []),
      ...(credentials === null ? [] : [`Authorization: ${credentials}`]),
      '\r\n',
    ].join('\r\n');
  await conversation.write(request(authorized), request(authorized === null ? null : '***'));
  for (let interim = 0; interim < MOST_INTERIM; interim += 1) {
    const answer = await readMessage(conversation, FORM);
    const { status, fields } = answer.head;
    const said = fields.get('cseq')?.[0];
    // Some answer a request that they cannot read without it.
    if (said === undefined ? status < 400 : Number(said) !== sequence)
      fail(
        'protocol',
        'protocol',
        `${conversation.peer} answers another request than the one that was sent`,
        {
          expected: `CSeq: ${String(sequence)}`,
          got: said?.slice(0, 40) ?? null,
        },
      );
    if (status >= 200) return answer;
  }
  return fail('protocol', 'protocol', `${conversation.peer} sent interim answers without end`);
}
