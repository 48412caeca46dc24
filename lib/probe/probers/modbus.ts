import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import { readBytes } from '../wire/bytes.ts';
import type { Conversation } from '../wire/conversation.ts';
import { ask } from './modbus/frame.ts';
import { REGISTERS_SCHEMA, type Register, type WrittenRegister, planRegister } from './modbus/registers.ts';

const PORT = 502;

interface ModbusOptions {
  readonly registers?: { readonly [name: string]: WrittenRegister };
}

const OPTIONS: { readonly [key: string]: JsonSchema } = { registers: REGISTERS_SCHEMA };

const FACTS = {
  values: {
    kind: 'map',
    meaning:
      'what was read, by the names in `registers`: numbers, or for coils and discrete inputs true or false',
  },
  exception: {
    kind: 'word',
    code: 'status',
    codes: { busy: 'overloaded', acknowledge: 'overloaded' },
    meaning:
      'why the device did not answer the first of them that it refused: illegal_function, illegal_address, illegal_value, device_failure, acknowledge, busy, memory_parity, gateway_path (the gateway is set up wrongly), gateway_target (the device behind the gateway is silent); absent when it answered all',
  },
  refused: { kind: 'list', meaning: 'names in `registers` that it refused; absent without `registers`' },
  vendor: { kind: 'word', meaning: 'who made the device; absent when it does not say, and with `registers`' },
  product: { kind: 'word', meaning: 'what the device is; absent when it does not say, and with `registers`' },
  revision: { kind: 'word', meaning: 'its version; absent when it does not say, and with `registers`' },
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

/** Source: MODBUS Application Protocol V1.1b3 §7. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal_function',
  2: 'illegal_address',
  3: 'illegal_value',
  4: 'device_failure',
  5: 'acknowledge',
  6: 'busy',
  8: 'memory_parity',
  10: 'gateway_path',
  11: 'gateway_target',
};
const ILLEGAL: readonly string[] = ['illegal_function', 'illegal_address', 'illegal_value'];
/** §6.21: Read Device Identification, the basic three. */
const IDENTIFICATION = { code: 0x2b, data: Buffer.from([0x0e, 0x01, 0x00]) };

export const modbus: Prober<ModbusOptions, typeof FACTS> = {
  type: 'modbus',
  proves:
    'The unit in the target’s path (default 1) gives every value of `registers`; without them, it answers the question who it is, if only by saying that it does not know this function. One connection, one request for each value. Nothing is written.',
  schemes: [{ scheme: 'modbus', port: PORT, shape: 'path' }],
  example: 'modbus://plc.example.org/1',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    status: 'the device refuses to give a value: `exception` says why, `refused` which',
    timeout:
      'no answer: the device is frozen, or has no such unit (the target’s path), of which many do not speak',
    overloaded: 'the device is busy with something that takes long',
  },
  defaults: () => ({ expect: { exception: { exists: false } } }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected modbus://HOST/UNIT');
    const unit = unitOf(target);
    const registers = Object.entries(options.registers ?? {}).map(([name, written]) =>
      planRegister(name, written),
    );
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        if (registers.length === 0) await identify(conversation, context, unit);
        else await readAll(conversation, context, { unit, registers });
        conversation.end();
      },
    };
  },
};

function unitOf({ path }: Target): number {
  const text = path.replace(/^\//, '');
  if (text === '' || text === PLACEHOLDER) return 1;
  const unit = /^\d{1,3}$/.test(text) ? Number(text) : 256;
  if (unit > 255)
    throw new InvalidOptions(
      'target',
      `saw the unit "${safeLine(text, 20)}", expected a number from 0 to 255`,
    );
  return unit;
}

async function readAll(
  conversation: Conversation,
  context: Context,
  { unit, registers }: { readonly unit: number; readonly registers: readonly Register[] },
): Promise<void> {
  const values: [string, number | boolean][] = [];
  const refused: string[] = [];
  for (const register of registers) {
    const answer = await ask(conversation, unit, { code: register.function, data: register.request });
    if (answer.kind === 'exception') {
      if (refused.length === 0) context.see({ exception: exceptionName(answer.code) });
      refused.push(register.name);
    } else {
      const value = register.value(answer.data);
      if (value === null)
        fail(
          'protocol',
          'protocol',
          `${conversation.peer} answers ${safeLine(register.name, 40)} with another number of bytes than were asked for`,
        );
      values.push([register.name, value]);
    }
    context.see({ values: Object.fromEntries(values), refused });
  }
}

/** Few devices know this; that they say so is an answer. */
async function identify(conversation: Conversation, context: Context, unit: number): Promise<void> {
  const answer = await ask(conversation, unit, IDENTIFICATION);
  if (answer.kind === 'data') {
    context.see(identityOf(answer.data, conversation.peer));
    return;
  }
  const name = exceptionName(answer.code);
  if (!ILLEGAL.includes(name)) context.see({ exception: name });
}

function identityOf(data: Buffer, peer: string): FactsOf<typeof FACTS> {
  const bytes = readBytes(data, () =>
    fail('protocol', 'protocol', `${peer} says who it is, but not to the end`),
  );
  // the request repeated, conformity, whether there is more, where that begins
  bytes.bytes(5);
  const objects = new Map<number, string>();
  for (let left = bytes.u8(); left > 0; left -= 1) objects.set(bytes.u8(), bytes.text(bytes.u8()));
  const [vendor, product, revision] = [objects.get(0), objects.get(1), objects.get(2)];
  return {
    ...(vendor === undefined ? {} : { vendor: safeLine(vendor) }),
    ...(product === undefined ? {} : { product: safeLine(product) }),
    ...(revision === undefined ? {} : { revision: safeLine(revision) }),
  };
}

function exceptionName(code: number): string {
  return EXCEPTIONS[code] ?? String(code);
}
