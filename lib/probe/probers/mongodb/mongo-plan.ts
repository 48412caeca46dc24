import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Target } from '../../prober.ts';

const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'MONGODB-X509'] as const;
type Mechanism = (typeof MECHANISMS)[number];

export interface MongoLogin {
  readonly username: string;
  readonly password: string;
  /** the database that knows the user */
  readonly source: string;
  /** null: the best that the server has of SCRAM */
  readonly mechanism: Mechanism | null;
}

/** A target taken apart, as the connection string that it is. */
export interface MongoPlan {
  readonly tls: boolean;
  readonly login: MongoLogin | null;
  /** the set that the server must be a member of */
  readonly set: string | null;
}

const PARAMETERS = ['tls', 'ssl', 'authSource', 'authMechanism', 'replicaSet', 'directConnection'];

/** Throws InvalidOptions. Source: MongoDB manual, “Connection Strings”. */
export function planMongo(target: Target): MongoPlan {
  const { query } = target;
  const refuse = (text: string): never => {
    throw new InvalidOptions('target', text);
  };
  const unknown = Object.keys(query).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined)
    refuse(`saw the parameter ${safeLine(unknown, 40)}, expected one of ${PARAMETERS.join(', ')}`);
  const wish = query['tls'] ?? query['ssl'] ?? 'false';
  if (!['true', 'false', PLACEHOLDER].includes(wish))
    refuse(`saw tls=${safeLine(wish, 40)}, expected true or false`);
  const tls = wish === 'true';
  return { tls, login: loginOf(target, tls, refuse), set: query['replicaSet'] ?? null };
}

function loginOf(target: Target, tls: boolean, refuse: (text: string) => never): MongoLogin | null {
  const { username, password, path, query } = target;
  const wish = query['authMechanism'];
  const mechanism = MECHANISMS.find((known) => known === wish) ?? null;
  if (wish !== undefined && mechanism === null && wish !== PLACEHOLDER)
    refuse(`saw authMechanism=${safeLine(wish, 40)}, expected ${MECHANISMS.join(', ')}`);
  if (mechanism === 'MONGODB-X509') {
    if (!tls)
      refuse('MONGODB-X509 is a login by a client certificate: add tls=true, and tls.cert and tls.key');
    return { username: username ?? '', password: '', source: '$external', mechanism };
  }
  if (mechanism === 'PLAIN' && !tls) refuse('PLAIN shows the password to the whole network: add tls=true');
  if (username === null && password === null) return null;
  if (username === null || password === null)
    return refuse('expected a user and a password, mongodb://USER:PASSWORD@HOST');
  const database = path.replace(/^\//, '');
  const usual = mechanism === 'PLAIN' ? '$external' : database === '' ? 'admin' : database;
  return { username, password, source: query['authSource'] ?? usual, mechanism };
}
