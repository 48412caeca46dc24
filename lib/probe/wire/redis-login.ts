import { InvalidOptions, type Target } from '../prober.ts';
import type { Conversation } from './conversation.ts';
import { refuse, unexpected } from './redis-refusal.ts';
import { encodeCommands, readReply } from './resp.ts';

/** A command and its arguments. */
export type Command = readonly string[];

/** AUTH, where the target has a password. Throws InvalidOptions. */
export function loginCommands({ username, password }: Target): readonly Command[] {
  if (username !== null && password === null)
    throw new InvalidOptions(
      'target',
      'it has a user but no password, expected redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST',
    );
  return password === null ? [] : [['AUTH', ...(username === null ? [] : [username]), password]];
}

/** All in one segment: they cost one round trip, however many they are. No transcript shows the password. */
export async function sendCommands(conversation: Conversation, commands: readonly Command[]): Promise<void> {
  await conversation.write(encodeCommands(commands), encodeCommands(commands.map(withoutPassword)));
}

/** Reads the answer to a command that is answered with OK. */
export async function readOk(conversation: Conversation, [name = '']: Command): Promise<void> {
  const reply = await readReply(conversation);
  if (reply.kind === 'error') refuse(reply.text, conversation, name);
  if (reply.kind !== 'status' || reply.text !== 'OK') unexpected(reply, conversation, name);
}

function withoutPassword(command: Command): Command {
  return command[0] === 'AUTH' ? [...command.slice(0, -1), '***'] : command;
}
