import { safeLine } from '../../../words/safe-text.ts';
import { type Exchanged, expectMessage } from './exchange-keys.ts';
import { type Fields, readFields, string } from './fields.ts';
import { MESSAGE, type Packets } from './packets.ts';
import { takeKeys } from './take-keys.ts';

/** The service that logs people in, on an encrypted connection. Source: RFC 4252. */
export interface Userauth {
  readonly packets: Packets;
  /** what signatures are bound to */
  readonly session: Buffer;
  /** by which algorithms a key may sign; null when the server does not say (RFC 8308 §3.1) */
  readonly algorithms: readonly string[] | null;
  /** Asks by this method, and gives the answer. */
  ask(user: string, method: string, ...more: readonly Buffer[]): Promise<AuthAnswer>;
  /** The next answer. */
  answer(): Promise<AuthAnswer>;
}

export type AuthAnswer =
  | { readonly kind: 'success' }
  /** `partial`: this much was right, but more is wanted. `methods`: how one may go on */
  | { readonly kind: 'failure'; readonly methods: readonly string[]; readonly partial: boolean }
  /** message 60, which means something else for each method */
  | { readonly kind: 'of_method'; readonly fields: Fields };

/** Banners that come before an answer, in a row. */
const MOST_BANNERS = 20;

/** Switches to the agreed keys and asks for the service. */
export async function openUserauth(packets: Packets, exchanged: Exchanged): Promise<Userauth> {
  await takeKeys(packets, exchanged);
  await packets.write(Buffer.concat([Buffer.of(MESSAGE.serviceRequest), string('ssh-userauth')]));
  const algorithms = await expectService(packets);
  const answer = () => readAnswer(packets);
  return {
    packets,
    session: exchanged.digest,
    algorithms,
    async ask(user, method, ...more) {
      await packets.write(Buffer.concat([authRequest(user, method), ...more]));
      return answer();
    },
    answer,
  };
}

/** The head of a request, which signatures cover too. */
export function authRequest(user: string, method: string): Buffer {
  const words = [Buffer.from(user, 'utf8'), 'ssh-connection', method].map(string);
  return Buffer.concat([Buffer.of(MESSAGE.userauthRequest), ...words]);
}

/** Asks how this user may log in, by trying without anything (RFC 4252 §5.2). `none` alone: that was enough. */
export async function askAuthMethods(auth: Userauth, user: string): Promise<readonly string[]> {
  const answer = await auth.ask(user, 'none');
  if (answer.kind === 'success') return ['none'];
  if (answer.kind === 'failure') return answer.methods;
  return auth.packets.broken('did not say how one may log in');
}

async function expectService(packets: Packets): Promise<readonly string[] | null> {
  const first = await packets.read();
  if (first[0] === MESSAGE.serviceAccept) return null;
  if (first[0] !== MESSAGE.extInfo) return packets.broken('did not take the request to log in');
  await expectMessage(packets, MESSAGE.serviceAccept);
  return signatureAlgorithms(first, packets);
}

function signatureAlgorithms(message: Buffer, packets: Packets): readonly string[] | null {
  const fields = readFields(message.subarray(1), () =>
    packets.broken('sent an EXT_INFO that ends too early'),
  );
  const MOST_EXTENSIONS = 100;
  const count = Math.min(fields.uint32(), MOST_EXTENSIONS);
  for (let index = 0; index < count; index += 1) {
    if (fields.text() === 'server-sig-algs') return fields.names();
    fields.string();
  }
  return null;
}

async function readAnswer(packets: Packets): Promise<AuthAnswer> {
  for (let count = 0; count < MOST_BANNERS; count += 1) {
    const message = await packets.read();
    if (message[0] === MESSAGE.userauthBanner || message[0] === MESSAGE.extInfo) continue;
    if (message[0] === MESSAGE.userauthSuccess) return { kind: 'success' };
    const fields = readFields(message.subarray(1), () =>
      packets.broken('answered the login by a message that ends too early'),
    );
    if (message[0] === MESSAGE.userauthOfMethod) return { kind: 'of_method', fields };
    if (message[0] !== MESSAGE.userauthFailure) break;
    const methods = fields.names().slice(0, 50);
    return {
      kind: 'failure',
      methods: methods.map((name) => safeLine(name, 100)),
      partial: fields.byte() !== 0,
    };
  }
  return packets.broken('did not say whether one is logged in');
}
