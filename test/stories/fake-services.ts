import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How a service is: `down` breaks the connection, `worn` answers, but not as one would prefer; `slow` takes its time,
 * `slow body` only after the first byte. `unknown` is for tools: the program is missing. `{says}`: up, with this text.
 */
export type State = 'up' | 'worn' | 'slow' | 'slow body' | 'down' | 'unknown' | { readonly says: string };

/** Services that do what the story wants. */
export interface FakeServices {
  readonly set: (name: string, state: State) => void;
  /** An entry of the config: a web page. */
  readonly web: (name: string, keys?: object) => object;
  /** An entry of the config: a program, which may be missing. */
  readonly tool: (name: string, keys?: object) => object;
  /** How often somebody has asked for this web page. */
  readonly hits: (name: string) => number;
  readonly close: () => void;
}

/** Longer than any `slow` of the stories, which is far more than an answer takes on a busy machine. */
const SLOW_MS = 900;

export async function startFakeServices(directory: string): Promise<FakeServices> {
  const states = new Map<string, State>();
  const hits = new Map<string, number>();
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? '').slice(1);
    hits.set(name, (hits.get(name) ?? 0) + 1);
    void answer(states.get(name) ?? 'up', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const port = String(address.port);
  const tools = new Set<string>();
  const program = (name: string) => path.join(directory, `tool-${name.replaceAll('/', '-')}`);
  const equip = (name: string) => {
    const state = states.get(name) ?? 'up';
    if (state === 'unknown') rmSync(program(name), { force: true });
    else writeFileSync(program(name), `#!/bin/sh\n${said(state)}\n`, { mode: 0o755 });
  };
  return {
    set(name, state) {
      states.set(name, state);
      if (tools.has(name)) equip(name);
    },
    web: (name, keys) => ({ name, target: `http://127.0.0.1:${port}/${name}`, ...keys }),
    tool(name, keys) {
      tools.add(name);
      equip(name);
      return { name, command: [program(name)], parse: 'nagios', ...keys };
    },
    hits: (name) => hits.get(name) ?? 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a plugin says and exits with. */
function said(state: State): string {
  if (state === 'down') return 'echo CRITICAL; exit 2';
  return state === 'worn' ? 'echo WARNING; exit 1' : 'echo OK; exit 0';
}

async function answer(state: State, response: ServerResponse): Promise<void> {
  if (state === 'down') {
    response.destroy();
    return;
  }
  if (state === 'slow') await pause(SLOW_MS);
  response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
  if (state === 'slow body') {
    response.write('wait, ');
    await pause(SLOW_MS);
  }
  response.end(typeof state === 'object' ? state.says : state === 'worn' ? 'worn' : 'well');
}
