import type { FactTable } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import { DIALOGUE_FACTS, DIALOGUE_OPTIONS, type DialogueOptions, prepareDialogue } from '../wire/dialogue.ts';
import { hearRefusal } from '../wire/farewell.ts';

interface TlsProberOptions extends DialogueOptions {
  readonly alpn?: readonly string[];
}

const FACTS = { ...DIALOGUE_FACTS, ...TLS_FACTS } as const satisfies FactTable;

const ALPN: JsonSchema = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', minLength: 1, maxLength: 255 },
  description:
    'protocols offered by ALPN, the preferred one first, as in [h2, http/1.1]; the fact `alpn` is the chosen one',
};

export const tls: Prober<TlsProberOptions, typeof FACTS> = {
  type: 'tls',
  proves:
    'The TLS handshake succeeds, the certificate is for this name, in date and trusted, and, with `dialogue`, `send` or an expectation on `banner` or `reply`, the service behind it says what it should.',
  schemes: [{ scheme: 'tls', port: null, tls: true, shape: 'host' }],
  example: 'tls://ldap.example.org:636',
  options: { ...DIALOGUE_OPTIONS, alpn: ALPN },
  facts: FACTS,
  proxy: true,
  codes: {
    tls_handshake: 'the port does not speak TLS, or wants a client certificate',
    protocol: 'what `dialogue` expects did not come, though something did',
    expiring: 'a certificate of the chain ends in less than 14 days; degraded',
  },
  defaults: () => ({ prefer: TLS_PREFER }),
  prepare({ target, options, wanted }) {
    if (target === null || target.host === '' || target.port === null)
      throw new InvalidOptions('target', 'it names no port, expected tls://HOST:PORT');
    if (options.dialogue?.some((step) => 'tls' in step) === true)
      throw new InvalidOptions(
        'dialogue',
        '{tls: true} inside of TLS; expected it with tcp://, or leave it out',
      );
    const { alpn = [] } = options;
    const dialogue = prepareDialogue(options, wanted);
    const talks = options.send !== undefined || options.dialogue !== undefined;
    return {
      endpoint: { host: target.host, port: target.port },
      async run(context) {
        const conversation = await context.dial({ tls: { alpn } });
        await dialogue.hold(conversation, context.see);
        if (!talks) await hearRefusal(conversation);
      },
    };
  },
};
