import type { Code } from '../../../words/reason.ts';
import type { Json } from '../../../words/json.ts';
import { fail } from '../../prober.ts';
import type { Agent } from './agent.ts';

/** Names of error-status, and what they say of the agent. Source: RFC 3416 §3. */
const ERRORS: Readonly<Record<number, readonly [name: string, code: Code]>> = {
  1: ['tooBig', 'overloaded'],
  2: ['noSuchName', 'status'],
  3: ['badValue', 'status'],
  5: ['genErr', 'status'],
  6: ['noAccess', 'auth'],
  13: ['resourceUnavailable', 'overloaded'],
  16: ['authorizationError', 'auth'],
};

const NO_SUCH_NAME = 2;

/** Reads these variables by OID; those that are not there are left out. Version 1 refuses a whole question for one of them. */
export async function readVariables(
  agent: Agent,
  oids: readonly (readonly number[])[],
  peer: string,
): Promise<ReadonlyMap<string, Json>> {
  let asked = oids;
  while (asked.length > 0) {
    const { error, errorIndex, bindings } = await agent.get(asked);
    if (error === 0) {
      const read = bindings.flatMap(({ oid, value }) => (value === undefined ? [] : [[oid, value] as const]));
      return new Map(read);
    }
    if (error !== NO_SUCH_NAME || errorIndex < 1 || errorIndex > asked.length) refuse(error, peer);
    asked = asked.filter((_, index) => index !== errorIndex - 1);
  }
  return new Map();
}

function refuse(error: number, peer: string): never {
  const [name, code] = ERRORS[error] ?? [`error ${String(error)}`, 'status'];
  const hint = name === 'tooBig' ? ', ask for fewer variables' : '';
  return fail(code, code === 'auth' ? 'auth' : 'protocol', `${peer} answers with ${name}${hint}`, {
    got: name,
  });
}
