import type { FactTable } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { SECURITY, agreeOnVersion, authenticate, readDesktop, readSecurityTypes } from './vnc/handshake.ts';

const PORT = 5900;

const FACTS = {
  version: { kind: 'word', meaning: 'version of RFB that the server speaks, "3.8"' },
  security_types: {
    kind: 'list',
    meaning:
      'ways to log in that it offers: none (anybody may look), vnc (a password), tls, vencrypt, tight, ra2, apple …, or a number without name; one only with RFB 3.3',
  },
  security: {
    kind: 'word',
    meaning:
      'the one that was gone through: none or vnc; absent when the probe went no further than the list',
  },
  name: { kind: 'text', meaning: 'name of the desktop; absent when the probe did not get there' },
  width: {
    kind: 'number',
    meaning: 'width of the desktop in pixels; absent when the probe did not get there',
  },
  height: {
    kind: 'number',
    meaning: 'height of the desktop in pixels; absent when the probe did not get there',
  },
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

const NAMES: Readonly<Record<number, string>> = {
  1: 'none',
  2: 'vnc',
  5: 'ra2',
  6: 'ra2ne',
  16: 'tight',
  17: 'ultra',
  18: 'tls',
  19: 'vencrypt',
  20: 'sasl',
  22: 'xvp',
  30: 'apple',
  113: 'mslogon',
  129: 'ra2_256',
  130: 'ra2ne_256',
};

export const vnc: Prober<object, typeof FACTS> = {
  type: 'vnc',
  proves:
    'With a password in the target (vnc://:PASSWORD@HOST; it counts up to 8 characters), or where none is wanted: the login is taken and the desktop is there, with its name and size. Else: it offers ways to log in. The desktop is shared, nobody is sent away, and nothing of it is read. Give a password where you can: TigerVNC and others bar a host for a while that connects several times and never logs in.',
  schemes: [{ scheme: 'vnc', port: PORT, shape: 'host' }],
  example: 'vnc://:${VNC_PASSWORD}@desk.example.org',
  options: {},
  facts: FACTS,
  codes: {
    auth: 'the password is refused, or is not what the server wants (see `security_types`: puptime knows none and vnc)',
    overloaded:
      'too many security failures, or too many connections: this host is barred for a while; give a password, or probe less often',
    status: 'it refuses the connection with other words, which are in the text',
  },
  proxy: true,
  defaults: () => ({}),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected vnc://HOST');
    const password = passwordOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await talk(conversation, context, password);
        conversation.end();
      },
    };
  },
};

function passwordOf({ username, password }: Target): string | null {
  if (username !== null)
    throw new InvalidOptions('target', 'VNC knows no user, expected vnc://HOST or vnc://:PASSWORD@HOST');
  return password;
}

async function talk(conversation: Conversation, context: Context, password: string | null): Promise<void> {
  const { version, spoken } = await agreeOnVersion(conversation);
  context.see({ version });
  const types = await readSecurityTypes(conversation, spoken);
  const names = [...new Set(types.map((type) => NAMES[type] ?? String(type)))];
  context.see({ security_types: names });
  if (password !== null && types.includes(SECURITY.vnc))
    await authenticate(conversation, spoken, { type: SECURITY.vnc, password });
  else if (types.includes(SECURITY.none)) await authenticate(conversation, spoken, { type: SECURITY.none });
  else if (password === null) return;
  else
    fail(
      'auth',
      'auth',
      `${conversation.peer} takes no password of VNC, it offers only ${names.join(', ')}`,
      {
        expected: 'vnc',
        got: names,
      },
    );
  context.see({ security: password !== null && types.includes(SECURITY.vnc) ? 'vnc' : 'none' });
  const { width, height, name } = await readDesktop(conversation);
  context.see({ name: safeLine(name), width, height });
}
