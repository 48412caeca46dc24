import type { JsonSchema } from '../../../words/json.ts';
import { PLAIN_LOGIN_SCHEMA, type PlainLogin } from '../../wire/http/authorization.ts';
import { HEADERS_SCHEMA, type WrittenHeaders } from '../../wire/http/written-headers.ts';

export interface GrpcOptions {
  readonly metadata?: WrittenHeaders;
  readonly auth?: PlainLogin;
  readonly authority?: string;
}

export const GRPC_OPTIONS: { readonly [key: string]: JsonSchema } = {
  metadata: {
    ...HEADERS_SCHEMA,
    description: 'metadata to send with the call; a name that ends in -bin has base64',
  },
  auth: PLAIN_LOGIN_SCHEMA,
  authority: {
    type: 'string',
    description: 'what :authority says, where it is not the target’s host and port',
  },
};
