import { type Socket, createSocket } from 'node:dgram';
import type { Phase } from '../../words/reason.ts';
import type { Address, CannotTell, Fault } from '../prober.ts';
import { openBeside } from './beside.ts';
import { explainError } from './errno.ts';
import type { StopwatchPhase } from './stopwatch.ts';
import type { Overheard } from './trace.ts';

/** A UDP socket connected to one address: only its datagrams come in, and its port being closed is heard of. */
export interface Datagrams {
  readonly address: Address;
  readonly peer: string;
  /** where we send from: for protocols that say so in their messages */
  readonly local: { readonly ip: string; readonly port: number };
  /** `shown`: the same for a transcript, where it holds a secret. */
  send(data: Uint8Array, shown?: Uint8Array): Promise<void>;
  /** The next datagram. Rejects at the deadline (timeout), or when the port is closed (refused). */
  receive(): Promise<Buffer>;
  /** The same, but null when nothing has come within so many milliseconds: to send again what may be lost. */
  receiveWithin(ms: number): Promise<Buffer | null>;
}

export interface DatagramsHost {
  readonly signal: AbortSignal;
  aborted(phase: Phase): Fault | CannotTell;
  enter(phase: StopwatchPhase): void;
  readonly overheard: Overheard;
  readonly source: string | null;
  /** whether this host has a route at all for the family */
  noRoute(family: 4 | 6): boolean;
  /** told of the socket, to close it at the end */
  own(close: () => void): void;
}

/** Datagrams kept while nobody reads: a flood must not fill memory. */
const MAX_WAITING = 64;

/** `roaming`: the answer may come from another port of the address, to which all that follows is then sent. */
export async function openDatagrams(
  address: Address,
  peer: string,
  host: DatagramsHost,
  roaming = false,
): Promise<Datagrams> {
  const socket = createSocket({ type: address.family === 6 ? 'udp6' : 'udp4', reuseAddr: roaming });
  const waiting: Buffer[] = [];
  let fault: Error | null = null;
  let wake: (() => void) | null = null;
  const notify = () => {
    const resume = wake;
    wake = null;
    resume?.();
  };
  // What the network says about the way there is no word of the service.
  const explain = (error: unknown) =>
    explainError(error, 'connect', peer, () => host.noRoute(address.family));
  const take = (message: Buffer) => {
    host.overheard.received(message);
    if (waiting.length < MAX_WAITING) waiting.push(message);
    notify();
  };
  const onError = (error: Error) => {
    fault ??= explain(error);
    notify();
  };
  socket.on('message', take).on('error', onError);
  host.signal.addEventListener(
    'abort',
    () => {
      fault ??= host.aborted('protocol');
      notify();
    },
    { once: true },
  );
  host.own(() => {
    // Whoever still waits must not: a timer of theirs would keep the process alive.
    fault ??= new Error(`the probe of ${peer} has ended`);
    notify();
    closeQuietly(socket);
  });

  host.enter('connect');
  const connecting = async () => {
    const beside = roaming ? await openBeside(address, host.source, take, onError) : null;
    if (beside !== null) host.own(() => beside.close());
    await connect(socket, address, { source: host.source, port: beside?.port ?? null });
    return beside;
  };
  const beside = await connecting().catch((error: unknown) => {
    throw explain(error);
  });
  host.enter('first_byte');

  const next = (): Buffer | null => {
    const message = waiting.shift();
    if (message) {
      host.enter('transfer');
      return message;
    }
    if (fault !== null) throw fault;
    if (host.signal.aborted) throw host.aborted('protocol');
    return null;
  };
  const something = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    address,
    peer,
    get local() {
      const { address: ip, port } = socket.address();
      return { ip, port };
    },
    async send(data, shown = data) {
      host.overheard.sent(shown);
      const error = await new Promise<Error | null>((resolve) => {
        if (beside?.sends(data, resolve) === true) return;
        socket.send(data, (problem) => resolve(problem));
      });
      if (error) throw explain(error);
    },
    async receive() {
      for (;;) {
        const message = next();
        if (message !== null) return message;
        await something();
      }
    },
    async receiveWithin(ms) {
      const message = next();
      if (message !== null) return message;
      const timer = setTimeout(notify, ms);
      await something();
      clearTimeout(timer);
      return next();
    },
  };
}

async function connect(
  socket: Socket,
  address: Address,
  { source, port }: { readonly source: string | null; readonly port: number | null },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    const towards = () => {
      socket.connect(address.port, address.ip, ((error?: Error) => {
        socket.off('error', reject);
        if (error) reject(error);
        else resolve();
      }) as () => void);
    };
    if (source === null && port === null) towards();
    else
      socket.bind(
        { ...(source === null ? {} : { address: source }), ...(port === null ? {} : { port }) },
        towards,
      );
  });
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch (error) {
    // Closed already, by an error of its own.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SOCKET_DGRAM_NOT_RUNNING'))
      throw error;
  }
}
