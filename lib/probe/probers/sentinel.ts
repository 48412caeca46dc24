import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { parseInfo } from '../wire/redis-info.ts';
import { loginCommands, readOk, sendCommands } from '../wire/redis-login.ts';
import { isRefusal, refuse, unexpected } from '../wire/redis-refusal.ts';
import { readReply } from '../wire/resp.ts';
import { readMaster } from './sentinel/master.ts';
import { SENTINEL_CODES, SENTINEL_FACTS, sentinelDefaults } from './sentinel/sentinel-facts.ts';
import { sentinelInfoFacts, watchedMasters } from './sentinel/sentinel-info.ts';
import { masterFacts } from './sentinel/verdict-of-masters.ts';

const PORT = 26379;

type Context = ProbeContext<typeof SENTINEL_FACTS>;

export const sentinel: Prober<object, typeof SENTINEL_FACTS> = {
  type: 'sentinel',
  proves:
    'It takes the login, answers PING, watches the named master (without a name: each one that it has), sees it alive, and can reach enough other sentinels to agree on a failover.',
  schemes: [
    { scheme: 'sentinel', port: PORT, shape: 'path' },
    { scheme: 'sentinels', port: PORT, tls: true, shape: 'path' },
  ],
  example: 'sentinel://sentinel1.example.org/mymaster',
  options: {},
  facts: SENTINEL_FACTS,
  codes: SENTINEL_CODES,
  proxy: true,
  defaults: (_options, scheme) => sentinelDefaults(scheme),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected sentinel://HOST/MASTER');
    const name = masterOf(target);
    const login = loginCommands(target);
    const dialOptions = target.scheme === 'sentinels' ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(dialOptions);
        await sendCommands(conversation, [...login, ['PING'], ['INFO']]);
        for (const command of login) await readOk(conversation, command);
        await readPong(conversation);
        const watched = await lookAtInfo(conversation, context);
        await lookAtMasters(conversation, context, name === null ? watched : [name]);
      },
    };
  },
};

/** The master that the path names; null: all of them. */
function masterOf({ path }: Target): string | null {
  const name = path.replace(/^\//, '');
  // Source: sentinel.c; a name is an argument of its own, so only what cannot be one is refused.
  if (name === PLACEHOLDER || /^[A-Za-z0-9_.:@-]{1,200}$/.test(name)) return name;
  if (name === '') return null;
  throw new InvalidOptions(
    'target',
    `saw the path "${safeLine(path, 40)}", expected the name of a master such as /mymaster`,
  );
}

async function readPong(conversation: Conversation): Promise<void> {
  const reply = await readReply(conversation);
  if (reply.kind === 'error') refuse(reply.text, conversation, 'PING');
  if (reply.kind !== 'status' || reply.text !== 'PONG') unexpected(reply, conversation, 'PING');
}

/** The names of the masters that it watches; none where the user may not ask. */
async function lookAtInfo(conversation: Conversation, context: Context): Promise<readonly string[]> {
  const reply = await readReply(conversation);
  if (reply.kind === 'error' && isRefusal(reply.text, 'NOPERM')) {
    context.show(`INFO: ${safeLine(reply.text)}`);
    return [];
  }
  if (reply.kind === 'error') return refuse(reply.text, conversation, 'INFO');
  if (reply.kind !== 'bulk') return unexpected(reply, conversation, 'INFO');
  const info = parseInfo(reply.bytes.toString('utf8'));
  context.see(sentinelInfoFacts(info));
  return watchedMasters(info);
}

async function lookAtMasters(
  conversation: Conversation,
  context: Context,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await sendCommands(
    conversation,
    names.flatMap((name) => [
      ['SENTINEL', 'MASTER', name],
      ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name],
      ['SENTINEL', 'CKQUORUM', name],
    ]),
  );
  const masters = [];
  for (const name of names) masters.push(await readMaster(conversation, name));
  context.see(masterFacts(masters));
  const words = masters.flatMap(({ name, quorum }) => (quorum.ok ? [] : [`${name}: ${quorum.text}`]));
  if (words.length > 0) context.show(words.join('\n'));
}
