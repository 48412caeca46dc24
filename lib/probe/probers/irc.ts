import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import { IRC_FACTS } from './irc/irc-facts.ts';
import { IRC_OPTIONS, type IrcOptions, planIrc } from './irc/irc-options.ts';
import { register } from './irc/register.ts';
import { readWelcome } from './irc/welcome.ts';

const PORTS = { irc: 6667, ircs: 6697 } as const;

export const irc: Prober<IrcOptions, typeof IRC_FACTS> = {
  type: 'irc',
  proves:
    'It registers a client up to its welcome (001) and answers PING; with a password in the target (ircs://:PASSWORD@HOST) that is the server’s, with a user too (ircs://ACCOUNT:PASSWORD@HOST) the account’s, by SASL PLAIN. No channel is joined. For a moment a user of the name puptime is seen.',
  schemes: [
    { scheme: 'irc', port: PORTS.irc, shape: 'host' },
    { scheme: 'ircs', port: PORTS.ircs, tls: true, shape: 'host' },
  ],
  example: 'ircs://irc.example.org',
  options: IRC_OPTIONS,
  facts: IRC_FACTS,
  codes: {
    auth: 'the password or account is refused (464, 904 …), none is given where one is wanted, SASL is not offered, or this host is banned (465)',
    overloaded:
      'ERROR whose words speak of too many connections, or of connecting too fast: probe less often',
    status: 'ERROR of another kind, or no nick is to be had',
    closed:
      'it closed the connection without an ERROR, as some servers do when a host has too many connections',
  },
  proxy: true,
  defaults: (_options, scheme) => (scheme === 'ircs' ? { prefer: TLS_PREFER } : {}),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected irc://HOST');
    const plan = planIrc(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? (plan.direct ? PORTS.ircs : PORTS.irc) },
      async run(context) {
        const conversation = await context.dial(plan.direct ? { tls: {} } : {});
        const { source, params } = await register(conversation, plan, context.now());
        context.see({
          server: source === null ? null : safeLine(source),
          nick: params[0] === undefined ? null : safeLine(params[0], 60),
        });
        await readWelcome(conversation, context.see);
        await conversation.write('QUIT :puptime\r\n');
        conversation.end();
      },
    };
  },
};
