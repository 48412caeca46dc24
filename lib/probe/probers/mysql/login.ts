import { safeLine } from '../../../words/safe-text.ts';
import { Fault, type ProbeContext, fail } from '../../prober.ts';
import { u32LE, u8 } from '../../wire/bytes.ts';
import { CAPABILITIES, type Greeting } from './greeting.ts';
import type { MYSQL_FACTS } from './mysql-facts.ts';
import type { MysqlPlan } from './mysql-options.ts';
import { type Packets, readPayload } from './packets.ts';
import { BARE_PLUGINS, answerFor, barePassword, encryptedPassword } from './passwords.ts';
import { explainRefusal, isLoginRefusal, isRefusal, parseRefusal } from './refusal.ts';

type See = ProbeContext<typeof MYSQL_FACTS>['see'];

/** Largest packet that it may send, as it is told. */
const MAX_PACKET = 2 ** 24 - 1;
/** utf8mb4_general_ci */
const CHARSET = 45;
/** A switch and its answer, a key and its answer: a login has a handful of packets. */
const MAX_STEPS = 10;
/** client_ed25519 has 32 bytes, all others 20; what follows is an end. */
const MAX_CHALLENGE = 32;
/** who asks when the target names nobody */
const NOBODY = { username: 'puptime', password: '' };

/** A login under way. */
interface Attempt {
  readonly packets: Packets;
  readonly plan: MysqlPlan;
  readonly password: string;
  /** changed by the server, which may want another */
  plugin: string;
  challenge: Buffer;
}

/** The request for TLS: the beginning of a login, without anything to hide. */
export function tlsRequest(greeting: Greeting, plan: MysqlPlan): Buffer {
  return head(capabilitiesFor(greeting, plan) | CAPABILITIES.tls);
}

/**
 * Logs in. False: nobody wants to, and the server has refused nobody’s login, so it works so far. (Hanging up without one
 * would make it block this host in the end: max_connect_errors.) Throws a fault for a refusal.
 * Source: dev.mysql.com, “Connection Phase”.
 */
export async function logIn(
  packets: Packets,
  greeting: Greeting,
  plan: MysqlPlan,
  see: See,
): Promise<boolean> {
  const { peer } = packets.conversation;
  const { username, password } = plan.login ?? NOBODY;
  // What puptime cannot answer at once the server asks for again, by a switch.
  const known = answerFor(greeting.plugin, password, greeting.challenge) !== null;
  const plugin = known ? greeting.plugin : 'mysql_native_password';
  const attempt: Attempt = { packets, plan, password, plugin, challenge: greeting.challenge };
  await packets.write(response(greeting, plan, username, attempt), '***');
  see({ authentication: safeLine(plugin, 60) });
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const payload = await packets.read();
    if (isRefusal(payload)) {
      const refusal = parseRefusal(payload, peer);
      see({ error_code: refusal.code });
      if (plan.login === null && isLoginRefusal(refusal)) return false;
      throw new Fault(explainRefusal(refusal, peer, 'the login'));
    }
    switch (payload[0]) {
      case 0x00:
        return true;
      case 0x01:
        await goOn(attempt, payload.subarray(1));
        break;
      case 0xfe:
        await switchPlugin(attempt, payload);
        see({ authentication: safeLine(attempt.plugin, 60) });
        break;
      default:
        return broken(peer, 'a packet that is no step of a login');
    }
  }
  return broken(peer, 'step after step of a login without end');
}

function capabilitiesFor({ capabilities }: Greeting, { database, starttls }: MysqlPlan): number {
  const { longPassword, protocol41, transactions, secureConnection, pluginAuth, connectWithDatabase, tls } =
    CAPABILITIES;
  const wanted = longPassword | protocol41 | transactions | secureConnection;
  const secured = starttls !== 'never' ? capabilities & tls : 0;
  return wanted | (capabilities & pluginAuth) | secured | (database === null ? 0 : connectWithDatabase);
}

function head(capabilities: number): Buffer {
  return Buffer.concat([u32LE(capabilities), u32LE(MAX_PACKET), u8(CHARSET), Buffer.alloc(23)]);
}

/** Source: dev.mysql.com, “Protocol::HandshakeResponse41”. */
function response(greeting: Greeting, plan: MysqlPlan, username: string, attempt: Attempt): Buffer {
  const answer = answerFor(attempt.plugin, attempt.password, attempt.challenge) ?? Buffer.alloc(0);
  return Buffer.concat([
    head(capabilitiesFor(greeting, plan)),
    zeroTerminated(username),
    u8(answer.length),
    answer,
    plan.database === null ? Buffer.alloc(0) : zeroTerminated(plan.database),
    (greeting.capabilities & CAPABILITIES.pluginAuth) === 0
      ? Buffer.alloc(0)
      : zeroTerminated(attempt.plugin),
  ]);
}

/** The server wants another plugin. Source: dev.mysql.com, “Protocol::AuthSwitchRequest”. */
async function switchPlugin(attempt: Attempt, payload: Buffer): Promise<void> {
  const { packets, password, plan } = attempt;
  const { peer } = packets.conversation;
  if (payload.length === 1)
    fail('auth', 'auth', `${peer} wants a login of before MySQL 4.1 (mysql_old_password), which is not safe`);
  const reader = readPayload(payload, peer);
  reader.u8();
  attempt.plugin = reader.zeroTerminated();
  attempt.challenge = Buffer.from(reader.rest().subarray(0, MAX_CHALLENGE));
  const answer = answerFor(attempt.plugin, password, attempt.challenge);
  if (answer !== null) await packets.write(answer, '***');
  // Nobody has nothing to show.
  else if (plan.login === null) await packets.write(Buffer.alloc(0));
  else if (BARE_PLUGINS.includes(attempt.plugin)) await sendBare(attempt);
  else
    fail(
      'auth',
      'auth',
      `${peer} wants a login by ${safeLine(attempt.plugin, 60)}, expected caching_sha2_password, mysql_native_password, client_ed25519, sha256_password or mysql_clear_password`,
    );
}

/** More of what belongs to a plugin. */
async function goOn(attempt: Attempt, data: Buffer): Promise<void> {
  const { packets, plugin, password, challenge } = attempt;
  const { peer } = packets.conversation;
  const hasKeys = plugin === 'caching_sha2_password' || plugin === 'sha256_password';
  const isKey = hasKeys && data.includes('-----BEGIN');
  if (isKey && attempt.plan.allowPlaintext && packets.conversation.tls() === null) {
    await packets.write(encryptedPassword(packets.conversation, password, challenge, data), '***');
    return;
  }
  if (plugin !== 'caching_sha2_password' || data.length !== 1)
    return broken(peer, `what is no step of ${safeLine(plugin, 60)}`);
  // 3: it knows the user, and says so in the next packet; 4: it wants the password whole
  if (data[0] === 3) return;
  if (data[0] !== 4) return broken(peer, 'what is no step of caching_sha2_password');
  await sendBare(attempt);
}

/** The password itself: inside TLS, or for the server’s key, which is asked for. */
async function sendBare({ packets, plugin, password, plan }: Attempt): Promise<void> {
  const { peer } = packets.conversation;
  if (packets.conversation.tls() !== null) {
    await packets.write(barePassword(password), '***');
    return;
  }
  if (!plan.allowPlaintext)
    fail(
      'auth',
      'auth',
      `${peer} wants the password whole (${plugin}), which is not sent without TLS; set \`allow_plaintext: true\` if it may be`,
    );
  if (plugin === 'mysql_clear_password') await packets.write(barePassword(password), '***');
  else await packets.write(u8(plugin === 'sha256_password' ? 1 : 2));
}

function zeroTerminated(text: string): Buffer {
  return barePassword(text);
}

function broken(peer: string, what: string): never {
  return fail('protocol', 'auth', `${peer} sent ${what}`);
}
