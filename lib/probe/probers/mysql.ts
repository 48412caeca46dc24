import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { CAPABILITIES, type Greeting, readGreeting } from './mysql/greeting.ts';
import { lookAtState, runQuery } from './mysql/look-around.ts';
import { logIn, tlsRequest } from './mysql/login.ts';
import { MYSQL_DEFAULTS, MYSQL_FACTS } from './mysql/mysql-facts.ts';
import { MYSQL_OPTIONS, type MysqlOptions, type MysqlPlan, planMysql } from './mysql/mysql-options.ts';
import { type Packets, openPackets } from './mysql/packets.ts';
import { quit } from './mysql/query.ts';

const PORT = 3306;

type Context = ProbeContext<typeof MYSQL_FACTS>;

export const mysql: Prober<MysqlOptions, typeof MYSQL_FACTS> = {
  type: 'mysql',
  proves:
    'It takes the login (caching_sha2_password, mysql_native_password, client_ed25519 and others), has the database, answers a ping and queries, takes writes if it is a primary, and is linked to its primary if it is a replica; in a Galera cluster, that has its majority; with `query`, it answers that. Without a user in the target: it greets, and refuses a user that it does not know. Where it offers TLS, its certificate is good.',
  schemes: [
    { scheme: 'mysql', port: PORT, shape: 'path' },
    { scheme: 'mariadb', port: PORT, shape: 'path' },
  ],
  example: 'mysql://monitor:${DB_PASSWORD}@db.example.org/shop',
  options: MYSQL_OPTIONS,
  facts: MYSQL_FACTS,
  codes: {
    auth: 'it refuses the user or the password (1045), this host (1130), or what the user may not do (1044, 1142); also a password wanted whole without TLS: check the login, or see `allow_plaintext`',
    overloaded:
      'too many connections (1040, 1203, 1226), a full disk (1021) or no memory: raise max_connections, find who holds them',
    quorum: 'its Galera cluster has lost the majority (cluster_status), or it is no part of it (1047)',
    read_only:
      'a primary that is read_only, as after a failover; the user must be allowed to see the role, or this is not judged',
    replication:
      'a replica one of whose threads stands still: its last error is in the output, see SHOW REPLICA STATUS; or `replica_lag_s` is more than you expect',
    status:
      'another error: the database does not exist (1049), it has blocked this host (1129), it is shutting down (1053), the query is wrong (1064) or writes (1792)',
    timeout:
      'it is silent (so is a port on which another protocol waits to be spoken to), or the query did not end in time (1969, 3024)',
    tls_handshake: 'the handshake failed, or TLS is not offered though `starttls: require`: see `have_ssl`',
  },
  defaults: () => MYSQL_DEFAULTS,
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected mysql://HOST/DATABASE');
    const plan = planMysql(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const packets = openPackets(await context.dial());
        const greeting = await readGreeting(packets, ({ code }) => context.see({ error_code: code }));
        const { version, flavor } = greeting;
        context.see({ version, flavor, tls: false });
        await secure(packets, greeting, plan, context);
        if (await logIn(packets, greeting, plan, context.see))
          await lookAround(packets, greeting, plan, context);
        else packets.conversation.end();
      },
    };
  },
};

async function secure(
  packets: Packets,
  greeting: Greeting,
  plan: MysqlPlan,
  context: Context,
): Promise<void> {
  if (plan.starttls === 'never') return;
  const { conversation } = packets;
  if ((greeting.capabilities & CAPABILITIES.tls) === 0) {
    if (plan.starttls === 'require')
      fail('tls_handshake', 'tls', `${conversation.peer} does not offer TLS, which is required here`);
    return;
  }
  await packets.write(tlsRequest(greeting, plan));
  await conversation.startTls();
  context.see({ tls: true });
}

async function lookAround(
  packets: Packets,
  greeting: Greeting,
  plan: MysqlPlan,
  context: Context,
): Promise<void> {
  try {
    await lookAtState(packets, greeting, context);
    if (plan.query !== null) await runQuery(packets, greeting, context, plan.query);
  } catch (error) {
    if (error instanceof Fault) await quit(packets);
    throw error;
  }
  await quit(packets);
}
