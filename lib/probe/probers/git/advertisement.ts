import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { notGit, readPacket } from './packet-line.ts';

/** What a repository shows of itself. */
interface Shown {
  readonly refs: number;
  readonly branches: number;
  readonly tags: number;
  readonly branch_names: readonly string[];
  readonly head: string | null;
  readonly head_sha: string | null;
  readonly agent: string | null;
}

type Advertisement =
  { readonly facts: Shown; readonly error: null } | { readonly facts: null; readonly error: string };

const MAX_REFS = 2_000_000;
const MAX_NAMES = 200;
const HEADS = 'refs/heads/';

/**
 * Reads the refs that a server shows first, or its error. Throws protocol when it is neither. Source: git’s
 * gitprotocol-pack(5), “Reference Discovery”.
 */
export async function readAdvertisement(conversation: Conversation): Promise<Advertisement> {
  const seen = { refs: 0, branches: 0, tags: 0, head_sha: null as string | null };
  const names: string[] = [];
  let capabilities: readonly string[] = [];
  for (let count = 0; ; count += 1) {
    if (count > MAX_REFS) tooMany(conversation);
    const line = await readPacket(conversation);
    if (line === null) break;
    if (line.startsWith('ERR ')) return { facts: null, error: line.slice(4) };
    if (count === 0 && line === 'version 1') continue;
    if (line.startsWith('shallow ')) continue;
    const { sha, name, behind } = parseRef(line, conversation);
    if (behind !== null) capabilities = behind.split(' ', 200);
    // Stands for the refs of an empty repository; `^{}` is what the tag before it points to.
    if (name === 'capabilities^{}' || name.endsWith('^{}')) continue;
    if (name === 'HEAD') seen.head_sha = sha;
    else seen.refs += 1;
    if (name.startsWith('refs/tags/')) seen.tags += 1;
    if (!name.startsWith(HEADS)) continue;
    seen.branches += 1;
    if (names.length < MAX_NAMES) names.push(safeLine(name.slice(HEADS.length)));
  }
  return {
    error: null,
    facts: {
      ...seen,
      branch_names: names,
      head: headOf(capabilities),
      agent: valueOf(capabilities, 'agent='),
    },
  };
}

function parseRef(
  line: string,
  conversation: Conversation,
): { readonly sha: string; readonly name: string; readonly behind: string | null } {
  const nul = line.indexOf('\0');
  const ref = nul === -1 ? line : line.slice(0, nul);
  const blank = ref.indexOf(' ');
  const sha = ref.slice(0, Math.max(blank, 0));
  const name = ref.slice(blank + 1);
  // SHA-1 or SHA-256
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha) || name === '')
    return notGit(conversation, `"${safeLine(line, 60)}"`);
  return { sha, name, behind: nul === -1 ? null : line.slice(nul + 1) };
}

/** `symref=HEAD:refs/heads/main` */
function headOf(capabilities: readonly string[]): string | null {
  const ref = valueOf(capabilities, 'symref=HEAD:');
  return ref?.startsWith(HEADS) === true ? ref.slice(HEADS.length) : ref;
}

function valueOf(capabilities: readonly string[], start: string): string | null {
  const found = capabilities.find((capability) => capability.startsWith(start));
  return found === undefined ? null : safeLine(found.slice(start.length));
}

function tooMany({ peer }: Conversation): never {
  return fail('too_large', 'protocol', `${peer} shows more than ${String(MAX_REFS)} refs`);
}
