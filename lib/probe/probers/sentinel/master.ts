import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { isRefusal, refuse, unexpected } from '../../wire/redis-refusal.ts';
import { type Reply, readReply } from '../../wire/resp.ts';

/** What a sentinel says of one master. Source: redis.io, “High availability with Redis Sentinel”, Sentinel API. */
export interface Master {
  readonly name: string;
  /** `master`, `s_down`, `o_down`, `failover_in_progress`, `disconnected` … */
  readonly flags: readonly string[];
  /** `192.0.2.7:6379`; after a failover that of the new master; null where it has none to tell */
  readonly address: string | null;
  readonly replicas: number | null;
  /** this one included */
  readonly sentinels: number | null;
  readonly quorum: Quorum;
}

export interface Quorum {
  readonly ok: boolean;
  /** sentinels that answer, this one included; null where it does not say */
  readonly usable: number | null;
  /** its own words */
  readonly text: string;
}

/** Reads the answers to MASTER, GET-MASTER-ADDR-BY-NAME and CKQUORUM, in this order. */
export async function readMaster(conversation: Conversation, name: string): Promise<Master> {
  const fields = fieldsOf(await readReply(conversation), conversation, name);
  const address = addressOf(await readReply(conversation), conversation);
  const quorum = quorumOf(await readReply(conversation), conversation);
  const others = numberOf(fields.get('num-other-sentinels'));
  return {
    name: safeLine(name),
    flags: (fields.get('flags') ?? '').slice(0, 400).split(','),
    address,
    replicas: numberOf(fields.get('num-slaves')),
    sentinels: others === null ? null : others + 1,
    quorum,
  };
}

function fieldsOf(reply: Reply, conversation: Conversation, name: string): ReadonlyMap<string, string> {
  if (reply.kind === 'error' && reply.text.startsWith('ERR No such master'))
    fail('status', 'protocol', `${conversation.peer} watches no master with the name ${safeLine(name, 60)}`, {
      got: safeLine(reply.text),
    });
  if (reply.kind === 'error' && /^ERR unknown command/i.test(reply.text))
    fail('protocol', 'protocol', `${conversation.peer} is no sentinel: it does not know SENTINEL`, {
      expected: 'a sentinel',
      got: safeLine(reply.text.slice(0, 60)),
    });
  const items = itemsOf(reply, conversation, 'SENTINEL MASTER');
  return new Map(items.flatMap((item, at) => (at % 2 === 0 ? [[item, items[at + 1] ?? '']] : [])));
}

function addressOf(reply: Reply, conversation: Conversation): string | null {
  if (reply.kind === 'nil') return null;
  const [host = '', port = ''] = itemsOf(reply, conversation, 'SENTINEL GET-MASTER-ADDR-BY-NAME');
  return safeLine(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, 300);
}

/** `OK 3 usable Sentinels. Quorum and failover authorization can be reached`, or an error with NOQUORUM. */
function quorumOf(reply: Reply, conversation: Conversation): Quorum {
  if (reply.kind === 'error' && !isRefusal(reply.text, 'NOQUORUM'))
    return refuse(reply.text, conversation, 'SENTINEL CKQUORUM');
  if (reply.kind !== 'error' && reply.kind !== 'status')
    return unexpected(reply, conversation, 'SENTINEL CKQUORUM');
  const [, usable] = /^(?:OK|NOQUORUM) (\d{1,6}) usable/.exec(reply.text) ?? [];
  return {
    ok: reply.kind === 'status',
    usable: usable === undefined ? null : Number(usable),
    text: safeLine(reply.text, 300),
  };
}

function itemsOf(reply: Reply, conversation: Conversation, command: string): string[] {
  if (reply.kind === 'error') return refuse(reply.text, conversation, command);
  if (reply.kind !== 'array') return unexpected(reply, conversation, command);
  return reply.items.map((item) => {
    if (item.kind === 'bulk') return item.bytes.toString('utf8');
    return item.kind === 'status' ? item.text : '';
  });
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
