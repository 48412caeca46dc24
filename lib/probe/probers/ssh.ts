import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions, type Prober, type Target } from '../prober.ts';
import { type SshHostOptions, type SshHostPlan, SSH_HOST_OPTIONS, planHost } from '../wire/ssh/host-plan.ts';
import { withSession } from '../wire/ssh/session.ts';
import { runCommand } from './ssh/run-command.ts';
import { SSH_FACTS, sshExpect } from './ssh/ssh-facts.ts';

export interface SshOptions extends SshHostOptions {
  readonly exec?: string;
}

const SSH_OPTIONS: { readonly [key: string]: JsonSchema } = {
  ...SSH_HOST_OPTIONS,
  exec: {
    type: 'string',
    minLength: 1,
    description:
      'a command to run once logged in, as one text that the user’s shell over there reads: quote as you would type it there (test -f "/srv/my file"). Nothing is on its stdin; it must exit with 0 unless `exit_code` is expected otherwise',
  },
};

export const ssh: Prober<SshOptions, typeof SSH_FACTS> = {
  type: 'ssh',
  proves:
    'It identifies itself, agrees on keys, and has signed that with its host key, which is pinned by `fingerprint` (or an expectation on `host_key_sha256`) or by `known_hosts`. With a password in the target or a `key`, the login is taken; with `exec`, the command exits with 0. Without a login, of a server whose key exchanges are all newer than puptime, an `up` proves only that it offers them.',
  schemes: [{ scheme: 'ssh', port: 22, shape: 'host' }],
  example: 'ssh://bastion.example.org',
  options: SSH_OPTIONS,
  facts: SSH_FACTS,
  proxy: true,
  codes: {
    auth: 'the login was refused, by the method named, or the account wants something else first (a new password)',
    assertion: 'the host key is not the pinned or known one: then nobody was logged in',
    overloaded: 'MaxStartups or a limit of sessions is reached',
    status: 'it ended the connection by a message of its own, or does not let this user run a command',
    exit: 'the command did not exit with 0',
    tool_missing: 'puptime speaks none of the key exchanges or ciphers that the server offers',
  },
  defaults: ({ known_hosts, exec }) => ({ expect: sshExpect(known_hosts !== undefined, exec !== undefined) }),
  prepare({ target, options, wanted }) {
    const plan = planSsh(target, options);
    const { exec } = options;
    return {
      endpoint: { host: plan.host, port: plan.port },
      async run(context) {
        const conversation = await context.dial();
        await withSession(conversation, context.see, plan, wanted, async (packets) => {
          if (exec !== undefined) await runCommand(packets, conversation.peer, context, exec);
        });
      },
    };
  },
};

function planSsh(target: Target | null, options: SshOptions): SshHostPlan {
  const plan = planHost(target, options, 'ssh://HOST or ssh://HOST:PORT');
  if (target !== null && target.path !== '' && target.path !== '/')
    throw new InvalidOptions('target', 'it has a path, which has no meaning here; expected ssh://HOST:PORT');
  if (options.exec !== undefined && plan.login === null)
    throw new InvalidOptions('exec', 'nobody is logged in to run it: add key, or a password to the target');
  return plan;
}
