import type { FactTable } from '../../words/fact.ts';
import { safeText } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { type Credentials, credentialsOf } from '../wire/sasl.ts';
import { type Greeting, OUR_GREETING, readGreeting } from './rsync/greeting.ts';
import { listModules } from './rsync/list-modules.ts';
import { logIn } from './rsync/log-in.ts';
import { readLine, refuse, unexpected } from './rsync/refusal.ts';

const PORT = 873;
const MAX_MOTD = 4096;

const FACTS = {
  version: { kind: 'word', meaning: 'version of the protocol that the server speaks, `31.0`' },
  motd: { kind: 'text', meaning: 'its message of the day; absent when it has none' },
  modules: {
    kind: 'list',
    meaning:
      'names of the modules that it lists, sorted, the first 200; absent when the target names a module',
  },
  module_count: { kind: 'number', meaning: 'how many modules it lists' },
  found: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether it has the module of the target; absent without one, or when the login is refused',
  },
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

export const rsync: Prober<object, typeof FACTS> = {
  type: 'rsync',
  proves:
    'It answers as an rsync daemon and lists its modules; with a module in the target, it has that, takes the login of the target where the module wants one, has room for another connection and can go to the module’s directory. No file is looked at.',
  schemes: [{ scheme: 'rsync', port: PORT, shape: 'path' }],
  example: 'rsync://mirror.example.org/debian',
  options: {},
  facts: FACTS,
  codes: {
    auth: 'the module wants a login and the target has none, it is refused, or the module is not for this host (hosts allow)',
    overloaded: 'max connections of the module is reached',
    status:
      'there is no such module (`found`), or an @ERROR of another kind, which is in the text: its directory is missing, say',
  },
  proxy: true,
  defaults: () => ({ expect: { found: { any_of: [true, { exists: false }] } } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected rsync://HOST/MODULE');
    const module = moduleOf(target);
    const credentials = credentialsOf(target);
    if (credentials !== null && module === null)
      throw new InvalidOptions(
        'target',
        'a login is for a module, expected rsync://USER:PASSWORD@HOST/MODULE',
      );
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        // Both sides speak at once.
        await conversation.write(OUR_GREETING);
        const greeting = await readGreeting(conversation);
        context.see({ version: greeting.version });
        if (module === null) await askForModules(conversation, context);
        else await askForModule(conversation, context, { module, credentials, greeting });
        conversation.end();
      },
    };
  },
};

function moduleOf({ path }: Target): string | null {
  const module = path.replace(/^\//, '').replace(/\/$/, '');
  if (module === '') return null;
  if (/[/\r\n\0#]/.test(module))
    throw new InvalidOptions(
      'target',
      'its path is more than the name of a module, expected rsync://HOST/MODULE',
    );
  return module;
}

async function askForModules(conversation: Conversation, context: Context): Promise<void> {
  await conversation.write('#list\n');
  const { names, count, motd } = await listModules(conversation);
  context.see({ modules: names, module_count: count, ...motdOf(motd) });
}

async function askForModule(
  conversation: Conversation,
  context: Context,
  asked: { readonly module: string; readonly credentials: Credentials | null; readonly greeting: Greeting },
): Promise<void> {
  const { module, credentials, greeting } = asked;
  await conversation.write(`${module}\n`);
  const motd: string[] = [];
  for (let size = 0; ;) {
    const line = await readLine(conversation);
    if (line === '@RSYNCD: OK') break;
    if (line.startsWith('@ERROR: Unknown module')) {
      context.see({ found: false, ...motdOf(motd) });
      return;
    }
    if (line.startsWith('@ERROR')) refuse(conversation, line);
    else if (line.startsWith('@RSYNCD: AUTHREQD '))
      await logIn(conversation, line.slice('@RSYNCD: AUTHREQD '.length), credentials, greeting);
    else if (line.startsWith('@')) unexpected(conversation, line);
    else if (size < MAX_MOTD) motd.push(line);
    size += line.length + 1;
    if (size > 2 ** 20) unexpected(conversation, 'a message of the day of more than 1 MiB');
  }
  context.see({ found: true, ...motdOf(motd) });
}

function motdOf(lines: readonly string[]): { readonly motd?: string } {
  const motd = safeText(lines.join('\n').trim(), MAX_MOTD);
  return motd === '' ? {} : { motd };
}
