import { InvalidOptions, type ProbeContext, type Prober, Fault } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { type Credentials, credentialsOf } from '../wire/sasl.ts';
import { asciiDialect } from './memcached/ascii.ts';
import type { Dialect } from './memcached/dialect.ts';
import { logIn } from './memcached/login.ts';
import { MEMCACHED_CODES, MEMCACHED_FACTS, memcachedDefaults } from './memcached/memcached-facts.ts';
import { statFacts } from './memcached/stats.ts';

const PORT = 11211;
/** Looked up and hopefully never set: what is asked is only whether the server can look. */
const KEY = 'puptime-probe';

type Context = ProbeContext<typeof MEMCACHED_FACTS>;

export const memcached: Prober<object, typeof MEMCACHED_FACTS> = {
  type: 'memcached',
  proves:
    'It takes the login where the target has one (SASL, or that of the text protocol), tells its version and statistics, and looks up a key that nobody sets. Nothing is stored.',
  schemes: [
    { scheme: 'memcached', port: PORT, shape: 'host' },
    { scheme: 'memcacheds', port: PORT, tls: true, shape: 'host' },
  ],
  example: 'memcached://cache.example.org',
  options: {},
  facts: MEMCACHED_FACTS,
  codes: MEMCACHED_CODES,
  proxy: true,
  defaults: (_options, scheme) => memcachedDefaults(scheme),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected memcached://HOST');
    const credentials = credentialsOf(target);
    const dialOptions = target.scheme === 'memcacheds' ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(dialOptions);
        const dialect = await dialectFor(conversation, credentials);
        await look(dialect, context, credentials !== null);
        await conversation.write(dialect.goodbye);
        conversation.end();
      },
    };
  },
};

async function dialectFor(conversation: Conversation, credentials: Credentials | null): Promise<Dialect> {
  return credentials === null ? asciiDialect(conversation) : logIn(conversation, credentials);
}

async function look(dialect: Dialect, context: Context, loggedIn: boolean): Promise<void> {
  // All in one segment: one round trip.
  await dialect.ask(KEY);
  try {
    context.see({ version: await dialect.readVersion() });
  } catch (error) {
    throw loggedIn ? error : withHint(error);
  }
  const stats = await dialect.readStats();
  if (stats === null) context.show('it does not know stats');
  else context.see(statFacts(stats));
  await dialect.readLookUp();
}

/** A server with SASL (-S) speaks only the binary protocol: text makes it hang up without a word. */
function withHint(error: unknown): unknown {
  if (!(error instanceof Fault) || error.finding.code !== 'closed') return error;
  const text = `${error.finding.text}; a server that wants a login by SASL (-S) does this: put USER:PASSWORD in the target`;
  return new Fault({ ...error.finding, text });
}
