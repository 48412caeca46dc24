import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { Json } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober } from '../prober.ts';
import { type Agent, communityAgent } from './snmp/agent.ts';
import { readVariables } from './snmp/read-variables.ts';
import { SNMP_OPTIONS, type SnmpOptions, type SnmpPlan, planSnmp } from './snmp/snmp-options.ts';
import { userAgent } from './snmp/user-agent.ts';

const PORT = 161;

const FACTS = {
  values: {
    kind: 'map',
    meaning:
      'what was read, by the names in `oids`, or else by OID: numbers are numbers (TimeTicks in hundredths of a second), octets are text or, where they are none, hex (00:1b:21); a count beyond 2⁵³ is text. What is missing is not in it',
  },
  missing: {
    kind: 'list',
    code: 'status',
    meaning: 'names of what was asked for and is not there (noSuchName, noSuchObject, noSuchInstance)',
  },
  sys_descr: {
    kind: 'text',
    meaning: 'what the device says that it is (sysDescr); absent when that may not be read',
  },
  sys_name: { kind: 'word', meaning: 'its name (sysName); absent when that may not be read' },
  uptime_s: {
    kind: 'number',
    unit: 's',
    meaning:
      'how long its SNMP agent has run (sysUpTime), which may be less than the device; absent when that may not be read',
  },
  engine_id: { kind: 'word', meaning: 'the id of the agent’s engine in hex; with v3 only' },
} as const satisfies FactTable;

const SYSTEM = {
  descr: [1, 3, 6, 1, 2, 1, 1, 1, 0],
  uptime: [1, 3, 6, 1, 2, 1, 1, 3, 0],
  name: [1, 3, 6, 1, 2, 1, 1, 5, 0],
};

export const snmp: Prober<SnmpOptions, typeof FACTS> = {
  type: 'snmp',
  proves:
    'The agent answers this community (v1, v2c) or this user (v3, its signature checked, its answer decrypted), and has every variable of `oids`. It costs one datagram each way; with v3 one more to learn the agent’s engine, and one more when its clock has gone on; with v1 one more for each variable that is missing.',
  schemes: [{ scheme: 'snmp', port: PORT, shape: 'path' }],
  example: 'snmp://:${COMMUNITY}@switch.example.org/1.3.6.1.2.1.1.3.0',
  options: SNMP_OPTIONS,
  facts: FACTS,
  codes: {
    timeout:
      'no answer: the agent is frozen, or a firewall drops, or the community is wrong, or this host may not ask: in v1 and v2c an agent does not answer strangers',
    auth: 'v3: the user is unknown, or the password (wrongDigests) or priv_password (decryptionErrors) wrong, or the user has another security level; in all versions: authorizationError',
    status: 'a variable is not there, the context is not, or the agent failed (genErr)',
    overloaded:
      'the answer does not fit into a datagram (tooBig): ask for fewer variables; or the agent has no room',
  },
  defaults: () => ({ expect: { missing: { count: 0 } } }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected snmp://HOST');
    const plan = planSnmp(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const agent = await agentFor(context, plan);
        const asked = [...Object.values(SYSTEM), ...plan.variables.map(({ oid }) => oid)];
        const read = await readVariables(agent, asked, context.address?.ip ?? context.host);
        context.see({ ...systemFacts(read), ...variableFacts(read, plan) });
      },
    };
  },
};

async function agentFor(context: ProbeContext<typeof FACTS>, { asker }: SnmpPlan): Promise<Agent> {
  const datagrams = await context.datagrams();
  if (asker.version !== 'v3') return communityAgent(datagrams, asker.version, asker.community);
  const { agent, engineId } = await userAgent(datagrams, asker.user);
  context.see({ engine_id: engineId.toString('hex') });
  return agent;
}

function systemFacts(read: ReadonlyMap<string, Json>): FactsOf<typeof FACTS> {
  const [descr, name, ticks] = [SYSTEM.descr, SYSTEM.name, SYSTEM.uptime].map((oid) =>
    read.get(oid.join('.')),
  );
  return {
    ...(typeof descr === 'string' ? { sys_descr: descr } : {}),
    ...(typeof name === 'string' ? { sys_name: safeLine(name) } : {}),
    ...(typeof ticks === 'number' ? { uptime_s: ticks / 100 } : {}),
  };
}

function variableFacts(read: ReadonlyMap<string, Json>, { variables }: SnmpPlan): FactsOf<typeof FACTS> {
  const values: [string, Json][] = [];
  const missing: string[] = [];
  for (const { name, oid } of variables) {
    const value = read.get(oid.join('.'));
    if (value === undefined) missing.push(name);
    else values.push([name, value]);
  }
  return { values: Object.fromEntries(values), missing };
}
