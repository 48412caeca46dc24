import type { FactTable } from '../../words/fact.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober } from '../prober.ts';
import { DIALOGUE_FACTS, DIALOGUE_OPTIONS, type DialogueOptions, prepareDialogue } from '../wire/dialogue.ts';
import { TLS_FACTS } from '../wire/certificates.ts';

interface TcpOptions extends DialogueOptions {
  readonly closed?: boolean;
}

const FACTS = {
  open: { kind: 'bool', meaning: 'whether the port takes connections' },
  ...DIALOGUE_FACTS,
  ...TLS_FACTS,
} as const satisfies FactTable;

export const tcp: Prober<TcpOptions, typeof FACTS> = {
  type: 'tcp',
  proves:
    'The port takes connections and, with `dialogue`, `send` or an expectation on `banner` or `reply`, the service behind it says what it should.',
  schemes: [{ scheme: 'tcp', port: null, shape: 'host' }],
  example: 'tcp://mail.example.org:4190',
  options: {
    ...DIALOGUE_OPTIONS,
    closed: {
      type: 'boolean',
      description: 'true: the port must not take connections (a firewall rule that is watched)',
    },
  },
  facts: FACTS,
  proxy: true,
  codes: {
    protocol: 'what `dialogue` expects did not come, though something did',
    timeout: 'it does not accept, or says nothing where `dialogue` expects it to',
  },
  defaults: ({ closed }) => ({ expect: { open: closed !== true } }),
  prepare({ target, options, wanted }) {
    if (target === null || target.port === null)
      throw new InvalidOptions('target', 'it names no port, expected tcp://HOST:PORT');
    if (options.closed === true && (options.send !== undefined || options.dialogue !== undefined)) {
      throw new InvalidOptions(
        'closed',
        'a port that must be closed has nothing to say: leave out `send` and `dialogue`',
      );
    }
    const dialogue = prepareDialogue(options, wanted);
    return {
      endpoint: { host: target.host, port: target.port },
      async run(context) {
        if (options.closed === true) return lookWhetherOpen(context);
        const conversation = await context.dial();
        context.see({ open: true });
        await dialogue.hold(conversation, context.see);
      },
    };
  },
};

/** A port that refuses, drops or cannot be reached is closed. */
async function lookWhetherOpen(context: ProbeContext<typeof FACTS>): Promise<void> {
  try {
    await context.dial();
    context.see({ open: true });
  } catch (error) {
    if (
      !(error instanceof Fault) ||
      !['refused', 'timeout', 'unreachable', 'reset'].includes(error.finding.code)
    )
      throw error;
    context.see({ open: false });
  }
}
