// Makes dist/: one program in lazy chunks that runs wherever the folder is copied to.
import { build, transform } from 'esbuild';
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packChunks } from './packs.js';

const [entry = 'cmd/puptime.ts', outdir = 'dist'] = process.argv.slice(2);
/** What every run loads, whether anything is due or not. */
const HOT_PATH = ['cmd/run.ts', 'lib/config/load.ts'];
const META_URL = `const importMetaUrl = require("node:url").pathToFileURL(__filename).href;\n`;
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
const { metafile, outputFiles } = await build({
  entryPoints: { puptime: entry },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  keepNames: false,
  legalComments: 'none',
  metafile: true,
  write: false,
  define: { PUPTIME_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
});
const chunks = new Map();
for (const { path: file, text } of outputFiles) chunks.set(inside(file), await toCommonJs(text));
const files = packChunks(chunks, belowFolder(metafile), [[entry], HOT_PATH]);
await mkdir(path.join(outdir, 'chunks'), { recursive: true });
for (const [file, text] of files) await writeFile(path.join(outdir, file), text);
await makeExecutable(path.join(outdir, 'puptime.js'));
// without it node takes the files for what a package.json above the folder says
await writeFile(path.join(outdir, 'package.json'), `${JSON.stringify({ type: 'commonjs', version })}\n`);
await writeFile(path.join(outdir, 'LICENSES'), await licenses(Object.keys(metafile.inputs)));

/** Loading ES modules costs: the first one an eighth of a bare start, its first import of a builtin as much again. */
async function toCommonJs(text) {
  const { code: made } = await transform(text.replace(/^#!.*\n/, ''), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl' },
    minifySyntax: true,
    legalComments: 'none',
  });
  // Our own chunks need not be made over into namespaces each time that they are asked for.
  const code = made.replace(/\b__toESM\((require\("\.\.?\/[^"]+\.js"\))\)/g, '$1');
  return `"use strict";\n${text.includes('import.meta.url') ? META_URL : ''}${code}`;
}

/** Everything about an output by its path below the folder. */
function belowFolder({ outputs }) {
  const rename = ({ path: file, ...rest }) => ({ ...rest, path: rest.external ? file : inside(file) });
  return Object.fromEntries(
    Object.entries(outputs).map(([file, { imports, ...rest }]) => [
      inside(file),
      { ...rest, imports: imports.map(rename) },
    ]),
  );
}

function inside(file) {
  return path.relative(outdir, file);
}

async function makeExecutable(file) {
  const code = await readFile(file, 'utf8');
  const shebang = '#!/usr/bin/env node\n';
  await writeFile(file, code.startsWith('#!') ? code.replace(/^#!.*\n/, shebang) : shebang + code);
  await chmod(file, 0o755);
}

/** The licence texts of all packages that went in. */
async function licenses(inputs) {
  const folders = inputs.map((input) => /^(?:.*?\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  const texts = [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map(licenseOf);
  return (await Promise.all(texts)).join('\n');
}

async function licenseOf(folder) {
  const {
    name,
    version: itsVersion,
    license,
  } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entryName) => /^(licen[cs]e|copying)/i.test(entryName));
  const text = file === undefined ? '' : await readFile(path.join(folder, file), 'utf8');
  return `${name} ${itsVersion} (${license})\n\n${text.trim()}\n`;
}
