import type { JsonSchema } from '../../../words/json.ts';

export interface NatsOptions {
  readonly starttls?: 'auto' | 'require' | 'never';
  readonly roundtrip?: boolean;
  readonly creds?: string;
  readonly nkey?: string;
}

export const NATS_OPTIONS: { readonly [key: string]: JsonSchema } = {
  starttls: {
    enum: ['auto', 'require', 'never'],
    description:
      'auto (default): TLS when the server wants or offers it in its INFO; require: down when it does not, so that nobody on the way can take it out; never: no TLS. For `nats://` only: `natss://` is TLS from the first byte (handshake_first)',
  },
  roundtrip: {
    type: 'boolean',
    description:
      'true: subscribes to an inbox of its own, `_INBOX.puptime.…`, publishes to it and waits for the message; the login must be allowed both (default false)',
  },
  creds: {
    type: 'string',
    description:
      'text of a credentials file as nsc makes it (JWT and seed), to log in with instead of a password: `"${file:./probe.creds}"`',
  },
  nkey: {
    type: 'string',
    description: 'seed of a user’s NKey, `SU…`, to log in with instead of a password: `"${file:./probe.nk}"`',
  },
};
