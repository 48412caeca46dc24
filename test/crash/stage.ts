import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/**
 * How a service is found: `up`; `changed`, up but with another banner; `degraded`, with a banner that is not preferred;
 * `down`, refused at once.
 */
export type Condition = 'up' | 'changed' | 'degraded' | 'down';

/** Services as Unix sockets: nobody else can take their names, and they come and go at once. */
export interface Stage {
  readonly set: (service: string, condition: Condition) => void;
  readonly condition: (service: string) => Condition;
  /** what a service’s entry in the config says of it */
  readonly target: (service: string) => object;
  readonly close: () => void;
}

const BANNERS = { up: 'all is fine', changed: 'all is still fine', degraded: 'so so' } as const;

/** `dir` has a directory `now`, whose links are the present state of the world: one for each service that is not down. */
export function openStage(dir: string): Stage {
  const servers = Object.entries(BANNERS).map(([condition, banner]) => {
    const server = createServer((socket) => {
      // Who probes may be killed.
      socket.on('error', () => socket.destroy()).end(`${banner}\r\n`);
    });
    return server.listen(path.join(dir, condition)).unref();
  });
  const linkOf = (service: string) => path.join(dir, 'now', service);
  return {
    set: (service, condition) => {
      rmSync(linkOf(service), { force: true });
      if (condition !== 'down') symlinkSync(path.join(dir, condition), linkOf(service));
    },
    condition: (service) => conditionOf(linkOf(service)),
    target: (service) => ({
      target: `unix://${linkOf(service)}`,
      expect: { banner: { exists: true } },
      prefer: { banner: 'fine' },
    }),
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

function conditionOf(link: string): Condition {
  try {
    const name = path.basename(readlinkSync(link));
    return name === 'up' || name === 'changed' || name === 'degraded' ? name : 'down';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'down';
    throw error;
  }
}
