import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Variant } from './variants.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What the bundler reads. */
const SOURCES = ['cmd', 'lib', 'schema', '.ci', 'package.json', 'tsconfig.json'];

/** The files of a variant with its mistake in them, by name. Throws when a text to be replaced is not there exactly once. */
export function mutate(variant: Variant, root = ROOT): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of variant.edits) {
    const text = texts.get(file) ?? readFileSync(path.join(root, file), 'utf8');
    const parts = text.split(find);
    if (parts.length !== 2) {
      const seen = `is in ${file} ${String(parts.length - 1)} times, expected once`;
      throw new Error(
        `variant “${variant.name}”: ${JSON.stringify(find)} ${seen}: bring test/crash/variants.ts up to date`,
      );
    }
    texts.set(file, parts.join(replace));
  }
  return texts;
}

/** Bundles the program, with the mistake or, for null, as it is, below `folder`. Gives the path of its puptime.js. */
export function buildVariant(variant: Variant | null, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of SOURCES) cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [file, text] of variant === null ? [] : mutate(variant))
    writeFileSync(path.join(folder, file), text);
  const args = ['.ci/bundle.js', 'cmd/puptime.ts', 'dist'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`variant “${variant?.name ?? 'none'}” cannot be bundled: ${stderr}`);
  return path.join(folder, 'dist/puptime.js');
}
