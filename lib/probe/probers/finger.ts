import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type Prober, type Target } from '../prober.ts';
import { readTextAnswer } from '../wire/text-answer.ts';

const PORT = 79;
const MAX_ANSWER = 256 * 1024;

const FACTS = {
  text: { kind: 'text', meaning: 'the whole answer' },
  found: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether it knows the user of the target: it does not say “no such user”, “???” or the like; absent without a user',
  },
} as const satisfies FactTable;

export const finger: Prober<object, typeof FACTS> = {
  type: 'finger',
  proves:
    'It answers a query: for the user that the path of the target names, or for all who are logged in (finger://HOST/); a user must be known.',
  schemes: [{ scheme: 'finger', port: PORT, shape: 'path' }],
  example: 'finger://shell.example.org/postmaster',
  options: {},
  facts: FACTS,
  codes: { status: 'it does not know the user (`found`)' },
  proxy: true,
  defaults: () => ({ expect: { found: { any_of: [true, { exists: false }] } } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected finger://HOST/USER');
    const user = userOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        // RFC 1288 §2.3
        await conversation.write(`${user}\r\n`);
        const text = await readTextAnswer(conversation, 'finger', MAX_ANSWER);
        context.see({ text, ...(user === '' ? {} : { found: !isUnknown(text) }) });
      },
    };
  },
};

/** The path, or `finger://USER@HOST`. */
function userOf({ path, username, password }: Target): string {
  const user = path.length > 1 ? path.slice(1) : (username ?? '');
  if (password !== null)
    throw new InvalidOptions('target', 'finger knows no password, expected finger://HOST/USER');
  if (['\r', '\n', '\0'].some((character) => user.includes(character)))
    throw new InvalidOptions('target', 'its user has a line end or a NUL, expected one line');
  return user;
}

/** The words of the usual servers: BSD and GNU finger, cfingerd, efingerd. What a known user writes of itself counts for nothing. */
function isUnknown(text: string): boolean {
  const start = text.slice(0, 2000);
  if (/in real life: *\?\?\?/i.test(start)) return true;
  if (/^ *login(?: name)?:/im.test(start)) return false;
  return /no such user|unknown user|user (?:is )?(?:unknown|not found)|\?\?\?|does not exist|not found/i.test(
    start,
  );
}
