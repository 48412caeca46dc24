import type { FactTable } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import { expectStart } from '../wire/opening.ts';

const PORT = 1965;
/** Two digits, a blank and 1,024 bytes. */
const MAX_HEADER = 1100;
const MAX_BODY = 8 * 2 ** 20;
const MAX_URL = 1024;

const FACTS = {
  status: {
    kind: 'number',
    code: 'status',
    codes: { 41: 'overloaded', 44: 'overloaded', 60: 'auth', 61: 'auth', 62: 'auth' },
    meaning:
      'status of the answer: 10 to 19 wants input, 20 to 29 is success, 30 to 39 a redirect, 40 to 49 a failure that passes, 50 to 59 one that stays, 60 to 69 wants a client certificate',
  },
  meta: {
    kind: 'text',
    meaning:
      'what comes with the status: the type of a document, the target of a redirect, words about a failure',
  },
  body: { kind: 'text', big: true, meaning: 'the document, when it is text' },
  title: { kind: 'word', meaning: 'the first heading of a document of the type text/gemini' },
  size: { kind: 'number', unit: 'bytes', meaning: 'bytes of the document' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const gemini: Prober<object, typeof FACTS> = {
  type: 'gemini',
  proves:
    'TLS works, the certificate is good, and the document of the target is served to its end (status 20 to 29). Redirects are not followed: name the place itself, or expect the status. Most capsules have certificates that no authority has signed: set `tls.ca` to the certificate itself, or `tls: {verify: false}` with its fingerprint in `expect: {cert_sha256: …}`.',
  schemes: [{ scheme: 'gemini', port: PORT, tls: true, shape: 'path' }],
  example: 'gemini://geminiprotocol.net/',
  options: {},
  facts: FACTS,
  codes: {
    status: 'the server answers with another status than success, which is in the fact `status`',
    overloaded: 'status 41 (unavailable) or 44 (slow down: probe less often)',
    auth: 'status 60 to 62: it wants a client certificate (`tls.cert`, `tls.key`) or another one',
    tls_untrusted: 'as is usual for Gemini: no authority knows the certificate; see above for how to pin it',
  },
  proxy: true,
  defaults: () => ({ expect: { status: { min: 20, max: 29 } }, prefer: TLS_PREFER }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected gemini://HOST/');
    const url = urlOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial({ tls: {} });
        await conversation.write(`${url}\r\n`);
        await readAnswer(conversation, context);
      },
    };
  },
};

/** The whole URL is the request, without user or fragment. Source: Gemini network protocol, “Requests”. */
function urlOf({ host, port, raw, username, password }: Target): string {
  if (username !== null || password !== null)
    throw new InvalidOptions('target', 'Gemini knows no user and password, expected gemini://HOST/PATH');
  const where = host.includes(':') ? `[${host}]` : host;
  const at = port === null || port === PORT ? where : `${where}:${String(port)}`;
  const url = `gemini://${at}${raw.startsWith('/') ? raw : `/${raw}`}`;
  if (Buffer.byteLength(url) > MAX_URL)
    throw new InvalidOptions('target', `it is longer than the ${String(MAX_URL)} bytes that Gemini allows`);
  return url;
}

async function readAnswer(conversation: Conversation, context: ProbeContext<typeof FACTS>): Promise<void> {
  await expectStart(conversation, 'Gemini', 3, (sofar) => /^[1-6]?$|^[1-6]\d$|^[1-6]\d[ \r\n]$/.test(sofar));
  const line = await conversation.readLine({ max: MAX_HEADER });
  const status = Number(line.slice(0, 2));
  const meta = line.slice(3);
  context.see({ status, meta });
  if (status < 20 || status > 29) return;
  const body = await readBody(conversation);
  // An empty type stands for this one.
  const type = (meta === '' ? 'text/gemini' : meta).toLowerCase();
  const text = type.startsWith('text/') ? decoded(body, type) : null;
  context.see({
    size: body.length,
    ...(text === null ? {} : { body: text }),
    ...(type.startsWith('text/gemini') && text !== null ? { title: titleOf(text) } : {}),
  });
}

async function readBody(conversation: Conversation): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let chunk = await conversation.read(); chunk !== null; chunk = await conversation.read()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} sent a document of more than ${String(MAX_BODY / 2 ** 20)} MiB`,
      );
  }
  return Buffer.concat(chunks);
}

function decoded(body: Buffer, type: string): string {
  return body.toString(/charset="?(?:iso-8859-1|latin1)/.test(type) ? 'latin1' : 'utf8');
}

function titleOf(text: string): string | null {
  const heading = text.split('\n', 500).find((line) => line.startsWith('#'));
  return heading === undefined ? null : safeLine(heading.replace(/^#{1,3}\s*/, ''));
}
