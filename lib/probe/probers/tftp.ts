import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober, type Target } from '../prober.ts';
import { type Transfer, readFile } from './tftp/transfer.ts';

const PORT = 69;

interface TftpOptions {
  readonly whole?: boolean;
  readonly negotiate?: boolean;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  whole: {
    type: 'boolean',
    description:
      'true: read the file to its end, at most 64 MiB, one round trip for each 1428 bytes, for `sha256` (default false: the first block)',
  },
  negotiate: {
    type: 'boolean',
    description:
      'false: do not ask for the size and larger blocks (RFC 2347), for a server that takes offence (default true)',
  },
};

const FACTS = {
  error: {
    kind: 'word',
    code: 'status',
    codes: { access_violation: 'auth' },
    meaning:
      'why the file is not sent: not_found, access_violation, undefined, disk_full, illegal_operation, unknown_tid, file_exists, no_such_user, option_refused; absent when it is',
  },
  error_text: { kind: 'text', meaning: 'the server’s words for that' },
  size: {
    kind: 'number',
    unit: 'bytes',
    meaning: 'size of the file; absent when the server does not tell it and the file was not read to its end',
  },
  content: { kind: 'text', big: true, meaning: 'the first block of the file, up to 1428 bytes' },
  sha256: { kind: 'word', meaning: 'SHA-256 of the file in lower-case hex, when it was read to its end' },
  negotiated: { kind: 'bool', meaning: 'whether the server knows options (RFC 2347)' },
} as const satisfies FactTable;

/** Source: RFC 1350 §5, RFC 2347 for the last. */
const ERRORS = [
  'undefined',
  'not_found',
  'access_violation',
  'disk_full',
  'illegal_operation',
  'unknown_tid',
  'file_exists',
  'no_such_user',
  'option_refused',
] as const;

export const tftp: Prober<TftpOptions, typeof FACTS> = {
  type: 'tftp',
  proves:
    'The server has the file and sends its first block, or with `whole` all of it, of the size that it says. Nothing is written. Datagrams that are lost are sent again by the server, not by puptime.',
  schemes: [{ scheme: 'tftp', port: PORT, shape: 'path' }],
  example: 'tftp://boot.example.org/pxelinux.0',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    status: 'the server answers, but does not have the file, or will not send it: `error` says why',
    auth: 'the file is there, but may not be read by everybody (access_violation)',
    truncated: 'the file ended early: the server broke off, or sent another size than it said',
    timeout:
      'no answer, or none any more: the server sends from another port than it is asked on, which a firewall on the way must let through',
  },
  defaults: () => ({ expect: { error: { exists: false } } }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected tftp://HOST/FILE');
    const file = fileOf(target);
    const wanted = { file, whole: options.whole ?? false, negotiate: options.negotiate ?? true };
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const datagrams = await context.datagrams({ roaming: true });
        context.see(transferFacts(await readFile(datagrams, wanted)));
      },
    };
  },
};

/** Names begin without a slash, unless the target has two: tftp://host//srv/file. */
function fileOf({ path }: Target): string {
  const file = path.replace(/^\//, '');
  if (file === '' || file.includes('\0') || Buffer.byteLength(file) > 400)
    throw new InvalidOptions(
      'target',
      `saw the file "${safeLine(file, 40)}", expected a name of at most 400 bytes: tftp://HOST/FILE`,
    );
  return file;
}

function transferFacts(transfer: Transfer): FactsOf<typeof FACTS> {
  if (transfer.kind === 'refused')
    return { error: ERRORS[transfer.code] ?? String(transfer.code), error_text: transfer.text };
  const { size, sha256, first, negotiated } = transfer;
  return {
    ...(size === null ? {} : { size }),
    ...(sha256 === null ? {} : { sha256 }),
    content: first.toString('utf8'),
    negotiated,
  };
}
