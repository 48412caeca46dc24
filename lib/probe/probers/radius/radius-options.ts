import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';

export interface RadiusOptions {
  readonly secret: string;
  readonly method?: 'pap' | 'chap';
  readonly nas_identifier?: string;
}

export const RADIUS_OPTIONS: { readonly [key: string]: JsonSchema } = {
  secret: {
    type: 'string',
    minLength: 1,
    description: 'the secret that the server shares with the host that runs puptime, from ${NAME}',
  },
  method: {
    enum: ['pap', 'chap'],
    description:
      'how the password is shown: pap (default), hidden by the secret; chap, only its answer to a challenge',
  },
  nas_identifier: {
    type: 'string',
    minLength: 1,
    description: 'whom the request says that it comes from (NAS-Identifier; default puptime)',
  },
};

/** Options checked, with their defaults. */
export interface RadiusPlan {
  readonly secret: string;
  readonly nas: string;
  /** null: the server itself is asked how it is */
  readonly login: {
    readonly username: string;
    readonly password: string;
    readonly method: 'pap' | 'chap';
  } | null;
}

/** Throws InvalidOptions. */
export function planRadius({ username, password }: Target, options: RadiusOptions): RadiusPlan {
  const { secret, method, nas_identifier: nas = 'puptime' } = options;
  checkLength(nas, 253, 'nas_identifier');
  if (username === null && password === null) {
    if (method !== undefined)
      throw new InvalidOptions('method', 'there is no login, expected radius://USER:PASSWORD@HOST');
    return { secret, nas, login: null };
  }
  if (username === null || password === null)
    throw new InvalidOptions('target', 'a login needs both, expected radius://USER:PASSWORD@HOST');
  checkLength(username, 253, 'target');
  checkLength(password, 128, 'target');
  return { secret, nas, login: { username, password, method: method ?? 'pap' } };
}

/** The text of a fault does not repeat it: it may be the password. */
function checkLength(text: string, max: number, key: string): void {
  const length = Buffer.byteLength(text, 'utf8');
  if (length > max)
    throw new InvalidOptions(
      key,
      `saw a name or password of ${String(length)} bytes, expected at most ${String(max)}`,
    );
}
