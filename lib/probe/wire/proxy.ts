import { isIP } from 'node:net';
import type { Phase } from '../../words/reason.ts';
import { type Endpoint, Fault, InvalidOptions, type Target } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** The proxy that a service is reached through. */
export interface Proxy {
  /** socks5 is told addresses, which puptime resolves; http and socks5h are told names */
  readonly kind: 'http' | 'socks5' | 'socks5h';
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
}

export const PROXY_PORTS: { readonly [kind in Proxy['kind']]: number } = {
  http: 3128,
  socks5: 1080,
  socks5h: 1080,
};

/** The proxy that a URL names. Throws InvalidOptions with the key `proxy`. */
export function proxyOfTarget({ scheme, host, port, path, username, password }: Target): Proxy {
  const refuse = (text: string): never => {
    throw new InvalidOptions('proxy', text);
  };
  if (!isKind(scheme))
    return refuse(
      `saw the scheme ${scheme}, expected http://, socks5:// or socks5h:// (names resolved there)`,
    );
  if (host === '') refuse('it names no host, expected one such as http://proxy.example.org:3128');
  if (path !== '' && path !== '/') refuse('saw a path, expected none behind the port of a proxy');
  if (scheme === 'http' && username?.includes(':') === true)
    refuse('the user name holds a colon, which basic login cannot say');
  if (scheme !== 'http' && [username, password].some((text) => Buffer.byteLength(text ?? '') > 255))
    refuse('user or password is longer than 255 bytes, which SOCKS5 cannot say');
  return { kind: scheme, host, port: port ?? PROXY_PORTS[scheme], username, password };
}

function isKind(scheme: string): scheme is Proxy['kind'] {
  return Object.hasOwn(PROXY_PORTS, scheme);
}

/** Whether names are resolved by the proxy, so that puptime knows no address of the service. */
export function resolvesNames(proxy: Proxy | null): boolean {
  return proxy !== null && proxy.kind !== 'socks5';
}

/** `example.org:443`, `[2001:db8::1]:443`. */
export function showEndpoint({ host, port }: Endpoint): string {
  return isIP(host) === 6 ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}

/** For messages, which must say that it is the proxy they are about. */
export function showProxy(proxy: Proxy): string {
  return `the proxy ${showEndpoint(proxy)}`;
}

/** What `Proxy-Authorization` says (RFC 9110 §11.7.2, RFC 7617); null without a login. */
export function proxyAuthorization({ username, password }: Proxy): string | null {
  if (username === null && password === null) return null;
  return `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
}

/** Asks the proxy at the other end for a connection to `to`; what is said afterwards is between us and that. */
export async function openTunnel(conversation: Conversation, proxy: Proxy, to: Endpoint): Promise<void> {
  try {
    if (proxy.kind === 'http') {
      const { connectThrough } = await import('./http/connect-through.ts');
      await connectThrough(conversation, proxy, to);
    } else {
      const { askSocks5 } = await import('./socks5.ts');
      await askSocks5(conversation, proxy, to);
    }
  } catch (error) {
    throw error instanceof Fault ? ofProxy(error, proxy) : error;
  }
}

/** A fault on the way to the proxy, or of its own, told apart from one of the service. */
export function ofProxy(error: Fault, proxy: Proxy): Fault {
  const { text, phase } = error.finding;
  const named = text.includes('the proxy') ? text : `${showProxy(proxy)}: ${text}`;
  const of: Phase = phase === 'protocol' ? 'connect' : phase;
  return new Fault({ ...error.finding, text: named, phase: of });
}
