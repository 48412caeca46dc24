// What cron starts every minute should be one script or two, not thirty: opening and compiling each costs. So the chunks
// that are always needed together are put into one file, each in a function of its own, loaded when first asked for.
import path from 'node:path';

/**
 * Takes chunks (CommonJS, by path below the folder) and esbuild’s `outputs` by the same paths; gives the
 * files to write. `packs`: for each file of its own the sources whose chunks, with all that they import, go into it. The
 * first source of the first pack is the program's entry; its file starts it.
 */
export function packChunks(chunks, outputs, packs) {
  const packOf = assign(outputs, packs);
  const files = new Map();
  for (const [name, code] of chunks) {
    if (!packOf.has(name)) files.set(name, origins(outputs[name]) + redirect(code, name, name, packOf));
  }
  for (const file of new Set(packOf.values())) {
    const inside = [...packOf.keys()].filter((name) => packOf.get(name) === file);
    const functions = inside.map((name) => {
      const code = redirect(chunks.get(name), name, file, packOf);
      return `${origins(outputs[name])}${JSON.stringify(name)}(module, exports) {\n${code}}`;
    });
    const start = inside.includes(file) ? `load(${JSON.stringify(file)});\n` : '';
    files.set(file, `${LOADER.replace('/* chunks */', () => functions.join(',\n'))}${start}`);
  }
  return files;
}

const LOADER = `"use strict";
const chunks = {
/* chunks */
};
const loaded = new Map();
const load = (module.exports = (name) => {
  let chunk = loaded.get(name);
  if (chunk === undefined) {
    chunk = { exports: {} };
    loaded.set(name, chunk);
    chunks[name](chunk, chunk.exports);
  }
  return chunk.exports;
});
`;

/** Each packed chunk to the file that it goes into: that of the first pack that needs it. */
function assign(outputs, packs) {
  const chunkOf = new Map(Object.entries(outputs).map(([name, { entryPoint }]) => [entryPoint, name]));
  const packOf = new Map();
  for (const sources of packs) {
    const [file] = sources.map((source) => chunkOf.get(source));
    const visit = (name) => {
      if (name === undefined) throw new Error(`one of ${sources.join(', ')} has no chunk of its own`);
      if (packOf.has(name)) return;
      packOf.set(name, file);
      for (const { kind, external, path: to } of outputs[name].imports) {
        if (kind === 'import-statement' && external !== true) visit(to);
      }
    };
    for (const source of sources) visit(chunkOf.get(source));
  }
  return packOf;
}

/** Whose code it is, which the transformation does not keep. */
function origins({ inputs }) {
  const packages = Object.keys(inputs).map(
    (input) => /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(input)?.[1],
  );
  return [...new Set(packages)]
    .filter(Boolean)
    .map((name) => `// ${name}/\n`)
    .join('');
}

/** Lets a chunk, which is now in `file`, find the others where they are now. */
function redirect(code, name, file, packOf) {
  return code.replace(/\brequire\("(\.\.?\/[^"]+\.js)"\)/g, (_, to) => {
    const chunk = path.posix.join(path.posix.dirname(name), to);
    const place = packOf.get(chunk) ?? chunk;
    if (place === file) return `load(${JSON.stringify(chunk)})`;
    const relative = path.posix.relative(path.posix.dirname(file), place);
    const required = `require(${JSON.stringify(relative.startsWith('.') ? relative : `./${relative}`)})`;
    return packOf.has(chunk) ? `${required}(${JSON.stringify(chunk)})` : required;
  });
}
