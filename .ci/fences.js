// Which part of the house may import which: the one place where it is written down, held by the linter.
import { builtinModules } from 'node:module';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);

/**
 * Folder or file → what it may import, itself always included. The longest matching name wins.
 * `from`: folders or files of this repository. `types`: the same, for `import type` only.
 * `node`: node modules; absent means every one. cmd and test may import everything and are not listed.
 */
const PARTS = {
  'lib/words': { from: [], node: [] },
  'lib/decide': { from: ['lib/words'], node: [] },
  'lib/schedule': { from: ['lib/words'], node: [] },
  'lib/process': { from: ['lib/words'] },
  'lib/state': { from: ['lib/words', 'lib/process'] },
  'lib/report': {
    from: ['lib/words', 'lib/schedule', 'lib/state'],
    types: ['lib/decide'],
    node: ['node:util'],
  },
  'lib/probe': { from: ['lib/words'] },
  'lib/probe/wire/execution.ts': { from: ['lib/words', 'lib/probe', 'lib/process'] },
  'lib/probe/probers': {
    from: ['lib/words', 'lib/probe'],
    node: [
      'node:buffer',
      'node:crypto',
      'node:events',
      'node:http',
      'node:http2',
      'node:stream',
      'node:zlib',
    ],
  },
  'lib/config': { from: ['lib/words', 'lib/probe', 'lib/schedule', 'lib/state'] },
  'lib/deliver': { from: ['lib/words', 'lib/state', 'lib/process'] },
  schema: { from: ['lib/words', 'lib/probe', 'lib/config'] },
};

/** Third-party package → the only files that may import it; a name ending in `/` is a folder. */
const PACKAGES = {
  ajv: ['schema/validators-file.ts', 'lib/config/structure.ts', 'lib/config/validators.ts'],
  croner: ['lib/schedule/cron.ts'],
  'dns-packet': ['lib/probe/probers/dns/query.ts'],
  execa: ['lib/process/program.ts'],
  htmlparser2: ['lib/probe/probers/http/title.ts'],
  'jsonpath-rfc9535': ['lib/probe/expect/json-path.ts'],
  'p-limit': ['lib/probe/sweep.ts'],
  re2js: ['lib/probe/expect/pattern.ts'],
  yaml: ['lib/config/yaml.ts'],
  yargs: ['cmd/cli.ts'],
};

const UNFENCED = /^(cmd|test|\.ci|hooks\.example)\/|^[^/]+$/;
const SHIPPED = /^(cmd|lib|schema)\//;
const EMPTY_NAME = /^(utils?|helpers?|common|managers?|base|index|misc|shared)\.ts$/;

/** The ESLint rule `house/fences`. */
export const fences = {
  meta: { type: 'problem', schema: [], docs: { description: 'hold the import fences of ARCHITECTURE.md' } },
  create(context) {
    const file = inside(context.filename);
    if (file === null) return {};
    const check = (node, source, typeOnly) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = trespass(file, source.value, { typeOnly, lazy: node.type === 'ImportExpression' });
      if (message !== null) context.report({ node, message });
    };
    return {
      Program: (node) => {
        const message = misplaced(file);
        if (message !== null) context.report({ node, message });
      },
      ImportDeclaration: (node) => check(node, node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
    };
  },
};

/** What is wrong with this import, or null. */
function trespass(file, source, { typeOnly, lazy }) {
  if (source.startsWith('node:')) return nodeTrespass(file, source);
  if (builtinModules.includes(source)) return `write node:${source}`;
  if (!source.startsWith('.')) return packageTrespass(file, source, lazy);
  return neighbourTrespass(file, path.posix.join(path.posix.dirname(file), source), typeOnly);
}

function nodeTrespass(file, source) {
  const part = partOf(file);
  const allowed = part === null ? undefined : PARTS[part].node;
  if (allowed === undefined || allowed.includes(source)) return null;
  const may = allowed.length === 0 ? 'no node: module' : `of node: only ${allowed.join(', ')}`;
  return `${part} may import ${may}, not ${source}`;
}

function packageTrespass(file, source, lazy) {
  if (!SHIPPED.test(file)) return null;
  if (lazy)
    return `import ${source} statically in a file of its own and load that file: bundled CommonJS differs`;
  const name = source.split('/', source.startsWith('@') ? 2 : 1).join('/');
  const homes = PACKAGES[name] ?? [];
  if (homes.some((home) => file === home || (home.endsWith('/') && file.startsWith(home)))) return null;
  return `${name} may be imported ${homes.length === 0 ? 'nowhere yet (see .ci/fences.js)' : `only in ${homes.join(', ')}`}`;
}

function neighbourTrespass(file, target, typeOnly) {
  const part = partOf(file);
  if (target.startsWith('..')) return `${target} is outside of this repository`;
  if (target.startsWith('test/') && !file.startsWith('test/')) return 'only tests import from test/';
  if (target.startsWith('cmd/') && !UNFENCED.test(file)) return 'nothing imports cmd';
  if (part === null) return null;
  if (part === 'lib/probe/probers' && target.startsWith('lib/probe/probers/')) {
    return proberOf(target) === proberOf(file) ? null : 'a prober never imports another prober';
  }
  const { from, types = [] } = PARTS[part];
  const allowed = [part, ...from, ...(typeOnly ? types : [])];
  if (allowed.some((home) => within(target, home))) return null;
  return `${part} may import only ${[part, ...from].join(', ')}, not ${target}`;
}

/** `lib/probe/probers/http/body.ts` and `lib/probe/probers/http.ts` are both of `http`. */
function proberOf(file) {
  return file.split('/')[3]?.replace(/\.ts$/, '');
}

function misplaced(file) {
  if (EMPTY_NAME.test(path.posix.basename(file))) return 'name the file for what it exports';
  if (partOf(file) !== null || UNFENCED.test(file)) return null;
  return `no fence is known for ${path.posix.dirname(file)}: add it to .ci/fences.js`;
}

function partOf(file) {
  const parts = Object.keys(PARTS).filter((part) => within(file, part));
  return parts.sort((a, b) => b.length - a.length)[0] ?? null;
}

function within(file, home) {
  return file === home || file.startsWith(`${home}/`);
}

/** The path from the root of the repository, with slashes; null when it is elsewhere. */
function inside(filename) {
  const relative = path.relative(ROOT, filename).split(path.sep).join('/');
  return relative.startsWith('..') || path.isAbsolute(relative) ? null : relative;
}
