import { CLIENT, SERVER, type Exception, type Reader, readException, text, varint } from './packets.ts';

/**
 * The revision of the protocol that puptime speaks: of 18.x, the first to tell the patch level, which newer servers speak too.
 * What it brings is looked up in ClickHouse/src/Core/ProtocolDefines.h.
 */
export const REVISION = 54_401;
const [WITH_TIMEZONE, WITH_NAME, WITH_PATCH] = [54_058, 54_372, 54_401];

/** Our own version, as far as a server is concerned. */
export const OURS = { name: 'puptime', major: 1, minor: 0, patch: 0 } as const;

export interface ServerHello {
  readonly product: string;
  readonly version: string;
  /** of the protocol: the older one of both is spoken */
  readonly revision: number;
  readonly timezone: string | null;
  readonly name: string | null;
}

export interface ClickhouseLogin {
  readonly username: string;
  readonly password: string;
}

export function helloPacket(database: string, { username, password }: ClickhouseLogin): Buffer {
  const version = [varint(OURS.major), varint(OURS.minor), varint(REVISION)];
  return Buffer.concat([
    ...[varint(CLIENT.hello), text(OURS.name), ...version],
    ...[text(database), text(username), text(password)],
  ]);
}

/** What the server says first: that it takes the login, or why it does not. */
export async function readHello(reader: Reader): Promise<ServerHello | Exception> {
  const kind = await reader.varint();
  if (kind === SERVER.exception) return readException(reader);
  if (kind !== SERVER.hello) return reader.broken(`its answer begins with ${String(kind)}`);
  const LONGEST_NAME = 1024;
  const product = await reader.text(LONGEST_NAME);
  const [major, minor, revision] = [await reader.varint(), await reader.varint(), await reader.varint()];
  const timezone = revision >= WITH_TIMEZONE ? await reader.text(LONGEST_NAME) : null;
  const name = revision >= WITH_NAME ? await reader.text(LONGEST_NAME) : null;
  const patch = revision >= WITH_PATCH ? `.${String(await reader.varint())}` : '';
  return { product, version: `${String(major)}.${String(minor)}${patch}`, revision, timezone, name };
}
