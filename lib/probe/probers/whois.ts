import type { FactTable } from '../../words/fact.ts';
import { safeLine, safeText } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober, type Target, fail } from '../prober.ts';
import { readTextAnswer } from '../wire/text-answer.ts';
import { expiryOf, fieldsOf } from './whois/fields.ts';
import { isLimited, isMissing } from './whois/verdict.ts';

const PORT = 43;
const MAX_ANSWER = 1024 * 1024;
const DAY_MS = 86_400_000;

const FACTS = {
  found: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether the answer is about something: it has at least one `name: value`, and no “no match”, “not found” or the like in its first lines',
  },
  text: { kind: 'text', big: true, meaning: 'the whole answer' },
  fields: {
    kind: 'map',
    meaning: 'the first 100 lines of the form `name: value`, names in lower case, the first of each name',
  },
  expires_days: {
    kind: 'number',
    unit: 'days',
    code: 'expiring',
    meaning:
      'days until the registration ends, for answers with a line such as `Registry Expiry Date:`; negative once it has; absent without one',
  },
} as const satisfies FactTable;

export const whois: Prober<object, typeof FACTS> = {
  type: 'whois',
  proves:
    'It answers a query, which is the path of the target, and knows what was asked for. The form of answers differs from registry to registry: expect on `text` or `fields` what yours must say. Referrals to other servers are not followed.',
  schemes: [{ scheme: 'whois', port: PORT, shape: 'path' }],
  example: 'whois://whois.iana.org/example.com',
  options: {},
  facts: FACTS,
  codes: {
    status: 'there is no entry for the query (`found`)',
    overloaded: 'it says that too much was asked from this address: probe less often',
    expiring: 'the registration ends in less than 14 days; degraded',
  },
  proxy: true,
  defaults: () => ({
    expect: { found: true },
    prefer: { expires_days: { any_of: ['>= 14', { exists: false }] } },
  }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected whois://HOST/QUERY');
    const query = queryOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        // RFC 3912
        await conversation.write(`${query}\r\n`);
        const text = await readTextAnswer(conversation, 'WHOIS', MAX_ANSWER);
        const fields = fieldsOf(text);
        const expiry = expiryOf(fields);
        context.see({
          text,
          fields: Object.fromEntries(fields),
          expires_days: expiry === null ? null : Math.floor(((expiry - context.now()) / DAY_MS) * 100) / 100,
        });
        const limited = isLimited(text);
        if (limited !== null)
          fail('overloaded', 'protocol', `${conversation.peer} refuses: ${limited}`, { got: limited });
        context.see({ found: fields.size > 0 && !isMissing(text, fields.size) });
        if (fields.size === 0) context.show(safeText(text, 500));
      },
    };
  },
};

function queryOf({ path, host }: Target): string {
  const query = path.slice(1);
  if (query === '')
    throw new InvalidOptions('target', `it asks for nothing, expected whois://${safeLine(host, 60)}/QUERY`);
  if (['\r', '\n', '\0'].some((character) => query.includes(character)))
    throw new InvalidOptions('target', 'its query has a line end or a NUL, expected one line');
  return query;
}
