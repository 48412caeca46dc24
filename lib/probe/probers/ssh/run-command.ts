import { type ProbeContext, fail } from '../../prober.ts';
import { type Channel, openChannel } from '../../wire/ssh/channel.ts';
import { string } from '../../wire/ssh/fields.ts';
import type { Packets } from '../../wire/ssh/packets.ts';
import type { SSH_FACTS } from './ssh-facts.ts';

/** Of both streams together. */
const MOST_OUTPUT = 2 ** 20;

type Context = ProbeContext<typeof SSH_FACTS>;

/** Has the user’s shell over there run a command with nothing on stdin, and reports how it ended (RFC 4254 §6.5, §6.10). */
export async function runCommand(
  packets: Packets,
  peer: string,
  context: Context,
  command: string,
): Promise<void> {
  const channel = await openChannel(packets, peer, MOST_OUTPUT);
  if (!(await channel.request('exec', string(Buffer.from(command, 'utf8')))))
    fail('status', 'protocol', `${peer} does not let this user run a command`);
  await channel.end();
  const printed: Printed = { stdout: [], stderr: [] };
  try {
    await followUp(channel, context, printed);
  } finally {
    // What it printed before the deadline may say why it does not end.
    const [output, stderr] = [textOf(printed.stdout), textOf(printed.stderr)];
    context.see({ output, stderr });
    context.show([output, stderr].filter((text) => text !== '').join('\n'));
  }
  await channel.close();
}

interface Printed {
  readonly stdout: Buffer[];
  readonly stderr: Buffer[];
}

async function followUp(channel: Channel, context: Context, printed: Printed): Promise<void> {
  for (;;) {
    const event = await channel.next();
    switch (event.kind) {
      case 'data':
        printed.stdout.push(event.bytes);
        break;
      case 'stderr':
        printed.stderr.push(event.bytes);
        break;
      case 'exit':
        context.see({ exit_code: event.code });
        break;
      case 'signal':
        context.see({ signal: event.name.slice(0, 100) });
        break;
      case 'close':
        return;
      case 'eof':
      case 'reply':
    }
  }
}

function textOf(parts: readonly Buffer[]): string {
  const text = Buffer.concat(parts).toString('utf8');
  let end = text.length;
  while (text[end - 1] === '\n' || text[end - 1] === '\r') end -= 1;
  return text.slice(0, end);
}
