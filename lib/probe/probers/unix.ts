import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type Prober, type Target } from '../prober.ts';
import { TLS_FACTS } from '../wire/certificates.ts';
import { DIALOGUE_FACTS, DIALOGUE_OPTIONS, type DialogueOptions, prepareDialogue } from '../wire/dialogue.ts';

const FACTS = { ...DIALOGUE_FACTS, ...TLS_FACTS } as const satisfies FactTable;

/** unix(7): sun_path, without its NUL. */
const LONGEST_PATH = 107;

export const unix: Prober<DialogueOptions, typeof FACTS> = {
  type: 'unix',
  proves:
    'The Unix socket takes connections and, with `dialogue`, `send` or an expectation on `banner` or `reply`, the service behind it says what it should.',
  schemes: [{ scheme: 'unix', port: null, shape: 'path' }],
  example: 'unix:///run/mysqld/mysqld.sock',
  options: DIALOGUE_OPTIONS,
  facts: FACTS,
  codes: {
    refused: 'the socket is there, and nobody listens',
    protocol: 'what `dialogue` expects did not come, though something did',
    permission: 'this user may not open it; unknown',
  },
  defaults: () => ({}),
  prepare({ target, options, wanted }) {
    const path = socketPath(target);
    const dialogue = prepareDialogue(options, wanted);
    return {
      endpoint: null,
      async run(context) {
        const conversation = await context.dial({ path });
        await dialogue.hold(conversation, context.see);
      },
    };
  },
};

function socketPath(target: Target | null): string {
  if (target === null || target.path === '' || target.path === '/')
    throw new InvalidOptions('target', 'it names no socket, expected unix:///PATH with three slashes');
  if (target.host !== '' || target.port !== null)
    throw new InvalidOptions(
      'target',
      `it has the host "${target.host}" before the path, expected three slashes: unix:///${target.host}${target.path}`,
    );
  const bytes = Buffer.byteLength(target.path);
  if (target.path.includes('\0')) throw new InvalidOptions('target', 'the path has a NUL character in it');
  if (bytes > LONGEST_PATH)
    throw new InvalidOptions('target', `the path has ${bytes} bytes, expected at most ${LONGEST_PATH}`);
  return target.path;
}
