import { Fault } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** How long a server may take to refuse what it saw last. */
const PATIENCE_MS = 300;

/**
 * Ends our side and listens whether the server refuses the handshake after all: with TLS 1.3 it sees our certificate,
 * or that there is none, only after we are done (RFC 8446 §4.4.2.4). Anything else that it does now is its own affair.
 */
export async function hearRefusal(conversation: Conversation): Promise<void> {
  if (conversation.tls()?.version !== '1.3') return;
  conversation.end();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), PATIENCE_MS)));
  try {
    await Promise.race([conversation.read(), patience]);
  } catch (error) {
    if (!(error instanceof Fault) || error.finding.code === 'tls_handshake') throw error;
  } finally {
    clearTimeout(timer);
  }
}
