import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { readTextAnswer } from '../wire/text-answer.ts';
import { GOPHER_FACTS } from './gopher/gopher-facts.ts';
import { errorOf, readMenu } from './gopher/menu.ts';

const PORT = 70;
const MAX_FILE = 16 * 2 ** 20;
const MAX_ITEMS = 200;

type Context = ProbeContext<typeof GOPHER_FACTS>;

interface Question {
  /** what is expected, as the first character of the path says: 0 text, 1 menu, 7 search, others files */
  readonly type: string;
  readonly selector: string;
}

export const gopher: Prober<object, typeof GOPHER_FACTS> = {
  type: 'gopher',
  proves:
    'It answers a selector with what its type says: a menu that is well formed (1, or a search: 7), a text (0) or a file (any other), to the end. The target is written as everywhere: gopher://HOST/TYPESELECTOR, gopher://HOST/0/about.txt; without a path it is the menu of the server. A search has its words behind a question mark.',
  schemes: [{ scheme: 'gopher', port: PORT, shape: 'path' }],
  example: 'gopher://gopher.example.org/1/docs',
  options: {},
  facts: GOPHER_FACTS,
  codes: {
    status: 'it answers with an error: no such file, not allowed (`found`)',
    protocol: 'the answer is no menu, where one is asked for',
    truncated: 'the menu ends in the middle of a line',
  },
  proxy: true,
  defaults: () => ({ expect: { found: true } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected gopher://HOST');
    const question = questionOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(`${question.selector}\r\n`);
        if (question.type === '1' || question.type === '7') await lookAtMenu(conversation, context);
        else if (question.type === '0') await lookAtText(conversation, context);
        else await lookAtFile(conversation, context);
      },
    };
  },
};

/** Source: RFC 4266 §2. */
function questionOf({ path, raw }: Target): Question {
  const type = path.charAt(1) === '' ? '1' : path.charAt(1);
  const mark = raw.indexOf('?');
  const search = type === '7' && mark !== -1 ? `\t${decoded(raw.slice(mark + 1))}` : '';
  const selector = path.slice(2) + search;
  if (['\r', '\n', '\0'].some((character) => selector.includes(character)))
    throw new InvalidOptions('target', 'its selector has a line end or a NUL, expected one line');
  if (!/^[!-~]$/.test(type))
    throw new InvalidOptions('target', 'its path begins with no type, expected gopher://HOST/1/SELECTOR');
  return { type, selector };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new InvalidOptions('target', 'saw a % that begins no escape, expected %25 for a percent sign');
  }
}

async function lookAtMenu(conversation: Conversation, context: Context): Promise<void> {
  const { items, size, error } = await readMenu(conversation);
  const links = items.filter(({ type }) => type !== 'i' && type !== '3');
  context.see({
    found: error === null,
    entries: links.length,
    items: links.slice(0, MAX_ITEMS).map(({ selector }) => safeLine(selector)),
    text: items.map(({ display }) => display).join('\n'),
    size,
  });
  if (error !== null) context.show(error);
}

async function lookAtText(conversation: Conversation, context: Context): Promise<void> {
  const text = await readTextAnswer(conversation, 'Gopher', MAX_FILE);
  seeFile(context, text, Buffer.byteLength(text));
  context.see({ text });
}

/** Of a file only the length is kept, and its beginning, which may be an error. */
async function lookAtFile(conversation: Conversation, context: Context): Promise<void> {
  let size = 0;
  let start = '';
  for (let chunk = await conversation.read(); chunk !== null; chunk = await conversation.read()) {
    if (start.length < 512) start += chunk.subarray(0, 512).toString('latin1');
    size += chunk.length;
    if (size > MAX_FILE)
      fail('too_large', 'protocol', `${conversation.peer} sent more than ${String(MAX_FILE / 2 ** 20)} MiB`);
  }
  if (size === 0) fail('closed', 'protocol', `${conversation.peer} closed the connection without an answer`);
  seeFile(context, start, size);
}

function seeFile(context: Context, start: string, size: number): void {
  const error = errorOf(start);
  context.see({ found: error === null, size });
  if (error !== null) context.show(error);
}
