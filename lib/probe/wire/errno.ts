import type { Code, Phase, UnknownCode } from '../../words/reason.ts';
import { CannotTell, Fault } from '../prober.ts';

/** What the kernel said about the peer. */
const FAULTS: Readonly<Record<string, readonly [Code, string]>> = {
  ECONNREFUSED: ['refused', 'refused the connection'],
  ECONNRESET: ['reset', 'reset the connection'],
  EPIPE: ['closed', 'closed the connection'],
  ECONNABORTED: ['reset', 'aborted the connection'],
  ETIMEDOUT: ['timeout', 'did not answer'],
  EHOSTUNREACH: ['unreachable', 'cannot be reached: no route to host'],
  ENETUNREACH: ['unreachable', 'cannot be reached: network unreachable'],
  EHOSTDOWN: ['unreachable', 'cannot be reached: host is down'],
  ENETDOWN: ['unreachable', 'cannot be reached: network is down'],
  ENOTCONN: ['closed', 'closed the connection'],
  EMSGSIZE: ['protocol', 'takes no datagram of this size'],
  EPROTO: ['protocol', 'broke the protocol'],
  ENOENT: ['refused', 'has no such socket file'],
  ENOTDIR: ['refused', 'has no such socket file'],
  ENOTSOCK: ['refused', 'is not a socket'],
  EPROTOTYPE: ['protocol', 'is a socket of another type, not a byte stream'],
};

/** What says something about this host only. */
const LOCAL: Readonly<Record<string, readonly [UnknownCode, string]>> = {
  EMFILE: [
    'resources',
    'this process has no file descriptors left: raise its limit (ulimit -n) or lower --concurrency',
  ],
  ENFILE: ['resources', 'this host has no file descriptors left'],
  EAGAIN: ['resources', 'this host has no room for another connection or process'],
  ENOMEM: ['resources', 'this host has no memory left'],
  ENOBUFS: ['resources', 'this host has no buffers left'],
  EADDRNOTAVAIL: ['resources', 'this host has no such local address, or no local port left'],
  EADDRINUSE: ['resources', 'the local address is in use'],
  EAFNOSUPPORT: ['resources', 'this host does not speak this address family'],
  EACCES: ['permission', 'this host does not let puptime do that'],
  EPERM: ['permission', 'this host (its firewall, perhaps) does not let puptime do that'],
  EINVAL: ['permission', 'this host takes no such address'],
};

/** The error code of a system call, `ECONNREFUSED`; null for any other thing. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * Turns a system error into a fault of the service or into puptime’s own trouble. `where` is the peer as a person
 * would say it. `noRoute` finds out whether this host has no route at all, which makes ENETUNREACH its own trouble.
 * Anything that is in neither table is a bug and is returned as it came.
 */
export function explainError(error: unknown, phase: Phase, where: string, noRoute = () => false): Error {
  if (error instanceof Fault || error instanceof CannotTell) return error;
  const errno = errnoOf(error);
  if (errno === null) return asError(error);
  if ((errno === 'ENETUNREACH' || errno === 'EHOSTUNREACH') && noRoute()) {
    return new CannotTell('resources', `this host has no route to ${where}`);
  }
  const local = LOCAL[errno];
  if (local) return new CannotTell(local[0], `${local[1]} (${errno}, ${where})`);
  const fault = FAULTS[errno];
  if (fault) return new Fault({ code: fault[0], phase, text: `${where} ${fault[1]}` });
  return asError(error);
}

/** Descriptors or memory that failed puptime where nothing was said to anybody, as when it loads a part of itself; or null. */
export function shortageOf(error: unknown): CannotTell | null {
  const local = ['EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(error) ?? '')
    ? explainError(error, 'connect', 'puptime')
    : null;
  return local instanceof CannotTell ? local : null;
}

/** Anything may be thrown; only errors are passed on. */
export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(`not an error: ${typeof value}`);
}
