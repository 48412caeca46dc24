import type { FactTable } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type Prober, type Target } from '../prober.ts';
import { PROXY_GOAL_SCHEMA, proxyGoal } from '../wire/proxy-goal.ts';
import { showEndpoint } from '../wire/proxy.ts';
import { SOCKS5_LONGEST, SOCKS5_REPLIES, agreeSocks5, connectSocks5 } from '../wire/socks5.ts';

const PORT = 1080;

interface Options {
  readonly to?: string;
}

const FACTS = {
  login: { kind: 'word', meaning: 'none or password: the way to log in that was agreed on' },
  reply: {
    kind: 'word',
    code: 'protocol',
    codes: {
      connected: 'assertion',
      ...Object.fromEntries(SOCKS5_REPLIES.map(([word, code]) => [word, code])),
    },
    meaning: `what became of the connection that it was asked for: connected, ${SOCKS5_REPLIES.map(([word]) => word).join(', ')}, or reply_ and a number that no standard knows; absent when it was asked for none`,
  },
  via: {
    kind: 'word',
    meaning:
      'the address that the connection leaves the proxy from, which the other side sees; absent when the proxy does not say',
  },
  bound: { kind: 'word', meaning: 'the same with its port, which is another one each time' },
} as const satisfies FactTable;

export const socks5: Prober<Options, typeof FACTS> = {
  type: 'socks5',
  proves:
    'The proxy speaks SOCKS5, takes the login, and connects to HOST:PORT, where one is given; nothing is sent there. With a login in the target, it is not asked without one.',
  schemes: [{ scheme: 'socks5', port: PORT, shape: 'path' }],
  example: 'socks5://probe:${PROXY_PASSWORD}@proxy.example.org/www.example.org:443',
  options: { to: PROXY_GOAL_SCHEMA },
  facts: FACTS,
  proxy: true,
  codes: {
    auth: 'it wants a login, takes none by password, or refuses this one',
    status: 'its rules do not allow that connection (`reply: denied`)',
    refused:
      'nothing listens on the port of the proxy (phase connect), or the proxy was refused by what it was to connect to (`reply: refused`)',
    unreachable: 'the proxy finds no way there, or does not find the name: `reply` says which',
    timeout:
      'it hangs, or waits for what it was to connect to; or it says that its time is up (`reply: expired`)',
    protocol: 'the port is not that of a SOCKS5 proxy, or the proxy cannot connect at all',
  },
  defaults: () => ({ expect: { reply: { any_of: ['connected', { exists: false }] } } }),
  prepare({ target, options }) {
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected socks5://HOST/HOST:PORT');
    checkLogin(target);
    const goal = proxyGoal(target, options.to);
    const hasLogin = target.username !== null || target.password !== null;
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        const { peer } = conversation;
        context.see({ login: await agreeSocks5(conversation, target, hasLogin ? 'yes' : 'no', peer) });
        if (goal !== null) {
          const { word, text, bound } = await connectSocks5(conversation, goal, peer);
          context.show(`asked for ${showEndpoint(goal)}, it ${text}`);
          context.see({
            reply: word,
            via: bound === null ? null : bound.host,
            bound: bound === null ? null : safeLine(showEndpoint(bound)),
          });
        }
        conversation.end();
      },
    };
  },
};

function checkLogin({ username, password }: Target): void {
  if ([username, password].some((text) => Buffer.byteLength(text ?? '') > SOCKS5_LONGEST))
    throw new InvalidOptions(
      'target',
      `user or password is longer than ${String(SOCKS5_LONGEST)} bytes, which SOCKS5 cannot say`,
    );
}
