import type { FactTable } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober, type Target, fail } from '../prober.ts';
import { readAdvertisement } from './git/advertisement.ts';
import { packet } from './git/packet-line.ts';

const PORT = 9418;

const FACTS = {
  found: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the repository is there and exported; git daemon does not tell these apart',
  },
  refs: { kind: 'number', meaning: 'all refs that it shows, without HEAD; 0 for an empty repository' },
  branches: { kind: 'number', meaning: 'refs below refs/heads/' },
  tags: { kind: 'number', meaning: 'refs below refs/tags/' },
  branch_names: { kind: 'list', meaning: 'names of the branches, sorted, the first 200' },
  head: {
    kind: 'word',
    meaning: 'the branch that HEAD points to, `main`; absent when it is detached or has no commit yet',
  },
  head_sha: {
    kind: 'word',
    meaning:
      'object id of HEAD, lower-case hex; watch it to be told of pushes; absent in an empty repository',
  },
  agent: { kind: 'word', meaning: 'what the server calls itself, `git/2.39.5`' },
} as const satisfies FactTable;

export const git: Prober<object, typeof FACTS> = {
  type: 'git',
  proves:
    'It has the repository, exports it, and shows all its refs, as the first step of `git clone`; no object is fetched.',
  schemes: [{ scheme: 'git', port: PORT, shape: 'path' }],
  example: 'git://git.example.org/project.git',
  options: {},
  facts: FACTS,
  codes: {
    status:
      'the repository is not there or not exported (`found`), or the server names an error of its own, which is in the text',
    closed: 'git daemon drops connections above its --max-connections (32 by default) without a word',
  },
  proxy: true,
  defaults: () => ({ expect: { found: true } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected git://HOST/REPOSITORY');
    const request = requestFor(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(request);
        const { facts, error } = await readAdvertisement(conversation);
        if (error === null) {
          context.see({ found: true, ...facts });
          // Nothing is wanted: so says git ls-remote.
          await conversation.write('0000');
          conversation.end();
          return;
        }
        const text = safeLine(error, 160);
        if (!isMissing(error))
          fail('status', 'protocol', `${conversation.peer} refuses: ${text}`, { got: text });
        context.see({ found: false });
        context.show(text);
      },
    };
  },
};

/** Source: git’s gitprotocol-pack(5), “Git transport”. */
function requestFor({ host, port, path }: Target): Buffer {
  if (path === '' || path === '/')
    throw new InvalidOptions('target', 'it names no repository, expected git://HOST/REPOSITORY');
  if (path.includes('\0') || path.includes('\n'))
    throw new InvalidOptions('target', 'its path has a line end or a NUL, which no request can carry');
  const where = host.includes(':') ? `[${host}]` : host;
  const at = port === null || port === PORT ? where : `${where}:${String(port)}`;
  return packet(`git-upload-pack ${path}\0host=${at}\0`);
}

/** The words of git daemon, with and without --informative-errors. */
function isMissing(error: string): boolean {
  return /access denied|not exported|no such repository|not found|does not exist/i.test(error.slice(0, 400));
}
