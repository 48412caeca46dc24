import type { Conversation } from '../conversation.ts';
import { type SeeHost, shakeHands } from './handshake.ts';
import type { SshHostPlan } from './host-plan.ts';
import { logIn } from './login.ts';
import { type Packets, disconnectMessage } from './packets.ts';
import { askAuthMethods, openUserauth } from './userauth.ts';

const PROVED = ['host_key_type', 'host_key_sha256', 'host_key_known'];

/**
 * One SSH connection: the host proves itself, then somebody logs in where the plan says so, then `use` does what it is for,
 * and it ends with a goodbye. `wanted`: the facts that somebody asks for.
 */
export async function withSession(
  conversation: Conversation,
  see: SeeHost,
  plan: SshHostPlan,
  wanted: ReadonlySet<string>,
  use: (packets: Packets) => Promise<void>,
): Promise<void> {
  const encrypted = plan.login !== null || wanted.has('auth_methods');
  const asked = { encrypted, proved: PROVED.some((fact) => wanted.has(fact)) };
  const { packets, exchanged } = await shakeHands(conversation, see, plan, asked);
  if (exchanged !== null && encrypted) {
    const auth = await openUserauth(packets, exchanged);
    const methods = await askAuthMethods(auth, plan.user);
    see({ auth_methods: methods });
    if (plan.login !== null) {
      const taken = await logIn(auth, conversation.peer, plan.login, methods);
      see({ auth_method: taken.join(',') });
      await use(packets);
    }
  }
  await packets.write(disconnectMessage());
  conversation.end();
}
