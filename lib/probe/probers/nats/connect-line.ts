import { VERSION } from '../../../words/version.ts';
import type { NatsLogin } from './nats-login.ts';

/**
 * CONNECT, with its line end, and the same for a transcript. `nonce` is what the server wants to have signed; null when it
 * asks for nothing. Source: docs.nats.io, Client Protocol, CONNECT.
 */
export function connectLine(
  login: NatsLogin,
  tls: boolean,
  nonce: string | null,
): { readonly sent: string; readonly shown: string } {
  const fields = loginFields(login, nonce);
  const hidden = Object.fromEntries(
    Object.keys(fields).map((name) => [name, name === 'user' || name === 'nkey' ? fields[name] : '***']),
  );
  return { sent: lineOf(tls, fields), shown: lineOf(tls, hidden) };
}

type Fields = { readonly [name: string]: string | undefined };

function lineOf(tls: boolean, fields: Fields): string {
  const options = {
    verbose: false,
    pedantic: false,
    tls_required: tls,
    name: 'puptime',
    lang: 'typescript',
    version: VERSION,
    protocol: 1,
    echo: true,
    ...fields,
  };
  return `CONNECT ${JSON.stringify(options)}\r\n`;
}

function loginFields(login: NatsLogin, nonce: string | null): Fields {
  switch (login.kind) {
    case 'none':
      return {};
    case 'password':
      return { user: login.username, pass: login.password };
    case 'token':
      return { auth_token: login.token };
    case 'nkey': {
      const who = login.jwt === null ? { nkey: login.key.publicKey } : { jwt: login.jwt };
      return nonce === null ? who : { ...who, sig: login.key.sign(nonce) };
    }
  }
}
