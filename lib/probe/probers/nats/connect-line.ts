import { VERSION } from '../../../words/version.ts';

/** A password without a user is a token. */
export interface NatsLogin {
  readonly username: string | null;
  readonly password: string | null;
}

/** CONNECT, with its line end. Source: docs.nats.io, Client Protocol, CONNECT. */
export function connectLine({ username, password }: NatsLogin, tls: boolean): string {
  const login =
    password === null
      ? {}
      : username === null
        ? { auth_token: password }
        : { user: username, pass: password };
  const options = {
    verbose: false,
    pedantic: false,
    tls_required: tls,
    name: 'puptime',
    lang: 'typescript',
    version: VERSION,
    protocol: 1,
    echo: true,
    ...login,
  };
  return `CONNECT ${JSON.stringify(options)}\r\n`;
}
