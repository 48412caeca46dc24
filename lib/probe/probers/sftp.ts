import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import { openChannel } from '../wire/ssh/channel.ts';
import { string } from '../wire/ssh/fields.ts';
import { type SshHostOptions, SSH_HOST_OPTIONS, planHost } from '../wire/ssh/host-plan.ts';
import type { Packets } from '../wire/ssh/packets.ts';
import { withSession } from '../wire/ssh/session.ts';
import { SFTP_FACTS } from './sftp/sftp-facts.ts';
import { type Attributes, type Refusal, openSftp } from './sftp/sftp-session.ts';

type Context = ProbeContext<typeof SFTP_FACTS>;

/** Of all answers together. */
const MOST_BYTES = 16 * 2 ** 20;

export const sftp: Prober<SshHostOptions, typeof SFTP_FACTS> = {
  type: 'sftp',
  proves:
    'The host has proved its key, the login is taken, SFTP is spoken, and there is something at the path: a file, with its size and age, or a directory that can be listed. Nothing is read or written but that.',
  schemes: [{ scheme: 'sftp', port: 22, shape: 'path' }],
  example: 'sftp://backup@files.example.org/srv/backup',
  exampleOptions: {
    key: '${file:/etc/puptime/id_ed25519}',
    known_hosts: '${file:/etc/ssh/ssh_known_hosts}',
  },
  options: SSH_HOST_OPTIONS,
  facts: SFTP_FACTS,
  proxy: true,
  codes: {
    auth: 'the login was refused, or the user may not look at that path',
    status: 'nothing is at that path, or the server has no SFTP',
    assertion: 'the host key is not the pinned or known one: then nobody was logged in',
    protocol: 'it is no SSH server, or something that prints (a start-up file) is in the way of SFTP',
  },
  defaults: ({ known_hosts }) => ({
    expect: { ...(known_hosts === undefined ? {} : { host_key_known: 'match' }), exists: true },
  }),
  prepare({ target, options, wanted }) {
    const plan = planHost(target, options, 'sftp://USER@HOST/PATH');
    if (plan.login === null || target === null)
      throw new InvalidOptions('target', 'nobody is logged in: add key, or a password to the target');
    const path = pathOf(target);
    return {
      endpoint: { host: plan.host, port: plan.port },
      async run(context) {
        const conversation = await context.dial();
        await withSession(conversation, context.see, plan, wanted, (packets) =>
          lookAt(path, packets, conversation.peer, context),
        );
      },
    };
  },
};

/** `/~/x` is below the user’s own directory, as it is for curl; so is no path at all. */
function pathOf({ path }: Target): string {
  if (path === '' || path === '/~' || path === '/~/') return '.';
  return path.startsWith('/~/') ? path.slice(3) : path;
}

async function lookAt(path: string, packets: Packets, peer: string, context: Context): Promise<void> {
  const channel = await openChannel(packets, peer, MOST_BYTES);
  if (!(await channel.request('subsystem', string('sftp'))))
    fail('status', 'protocol', `${peer} has no SFTP for this user`);
  const session = await openSftp(channel, peer);
  const found = await session.stat(path);
  if ('refused' in found) {
    if (found.refused !== 'missing') refuse(found, path, peer);
    context.see({ exists: false });
  } else {
    context.see({ exists: true, kind: found.kind });
    if (found.kind === 'directory') {
      const entries = await session.list(path);
      if ('refused' in entries) return refuse(entries, path, peer);
      seeEntries(entries, context);
    } else context.see(sizeAndAge(found, context));
  }
  await channel.close();
}

function seeEntries(entries: readonly (Attributes & { readonly name: string })[], context: Context): void {
  const files = entries.map(({ name }) => name).sort();
  context.see({ files });
  const [newest] = entries
    .filter(({ kind }) => kind === 'file')
    .sort((a, b) => (b.changed_s ?? 0) - (a.changed_s ?? 0));
  if (newest !== undefined) context.see({ newest: newest.name, ...sizeAndAge(newest, context) });
}

function sizeAndAge({ size, changed_s }: Attributes, context: Context) {
  const age_s = changed_s === null ? null : Math.max(0, Math.floor(context.now() / 1000) - changed_s);
  return { size, age_s };
}

function refuse({ refused, text }: Refusal, path: string, peer: string): never {
  const what = `${peer} refused to look at ${safeLine(path, 100)}: ${text}`;
  return refused === 'forbidden' ? fail('auth', 'auth', what) : fail('status', 'protocol', what);
}
