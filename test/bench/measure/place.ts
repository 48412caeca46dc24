import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';

/** Root says as whom hooks run. */
const asRoot = process.getuid?.() === 0 ? { user: 'root' } : {};

/** A config with these settings, its hooks directory and, by name, hooks. Gives its path. */
export async function place(
  dir: string,
  settings: object,
  hooks: { readonly [name: string]: string } = {},
): Promise<string> {
  await mkdir(`${dir}/hooks`, { recursive: true });
  for (const [name, text] of Object.entries(hooks))
    await writeFile(`${dir}/hooks/${name}`, text, { mode: 0o755 });
  const config = path.join(dir, 'puptime.yaml');
  await writeFile(config, JSON.stringify({ hooks: { dir: './hooks', ...asRoot }, ...settings }), {
    mode: 0o600,
  });
  return config;
}

/** So many services with one target. */
export function named(count: number, target: string): readonly object[] {
  return Array.from({ length: count }, (_, i) => ({ name: `service-${i}`, target }));
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
