import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject, JsonSchema } from '../../../words/json.ts';
import {
  InvalidOptions,
  PLACEHOLDER,
  type Prepared,
  type Probe,
  type ProbeContext,
  type Scheme,
} from '../../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../certificates.ts';
import { PLAIN_LOGIN_SCHEMA, type PlainLogin, authorizationOf } from './authorization.ts';
import type { Place } from './place.ts';
import { showEndpoint } from '../proxy.ts';
import { type Ask, createAsk } from './preset-ask.ts';
import { HEADERS_SCHEMA, type WrittenHeaders, headersOf } from './written-headers.ts';

/**
 * What probers share that ask a service over HTTP for its own word on its health: an endpoint, and what its answer means.
 * `NAME://` is HTTP on the usual port, `NAME+https://` the same with TLS.
 */
export interface PresetOptions {
  readonly headers?: WrittenHeaders;
  readonly auth?: PlainLogin;
}

export const PRESET_OPTIONS: { readonly [key: string]: JsonSchema } = {
  headers: { ...HEADERS_SCHEMA, description: 'header fields to send' },
  auth: PLAIN_LOGIN_SCHEMA,
};

export const PRESET_FACTS = {
  status: { kind: 'number', code: 'status', meaning: 'status code of the last answer' },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** A target’s two schemes; `https` is the usual port with TLS. */
export function presetSchemes(name: string, port: number, https = port): readonly Scheme[] {
  return [
    { scheme: name, port, shape: 'path' },
    { scheme: `${name}+https`, port: https, tls: true, shape: 'path' },
  ];
}

/** What such a prober prefers: its own, and of certificates the usual where there are any. */
export function presetPrefer(scheme: string | null, own: JsonObject = {}): JsonObject {
  return isSecure(scheme ?? '') ? { ...own, ...TLS_PREFER } : own;
}

export interface Asking<Options, Table extends FactTable> {
  readonly ask: Ask;
  readonly context: ProbeContext<Table>;
  readonly options: Options;
  /** the target’s path, decoded, without slashes around it; empty when it has none */
  readonly path: string;
  /** scheme (`ipp`, `etcd` …), host and port as a URL, without user and path */
  readonly uri: string;
  /** whether the probe logs in */
  readonly hasLogin: boolean;
}

export interface PresetHow<Options> {
  /** `prefix`: the path stands before each endpoint’s; `name`: it names something, which the prober itself looks at */
  readonly path: 'prefix' | 'name';
  /** Throws InvalidOptions for a path or an option that is none. */
  readonly check?: (path: string, options: Options) => void;
}

/** Makes `prepare` of what is to be asked. */
export function preparePreset<Options extends PresetOptions, Table extends FactTable>(
  how: PresetHow<Options>,
  run: (asking: Asking<Options, Table>) => Promise<void>,
): (input: Prepared<Options>) => Probe<Table> {
  return ({ target, options }) => {
    if (target === null || target.host === '' || target.port === null)
      throw new InvalidOptions('target', 'it names no host, expected NAME://HOST');
    const { host, port, scheme } = target;
    const path = target.path.replace(/^\/+|\/+$/g, '');
    if (/\p{Cc}/u.test(path)) throw new InvalidOptions('target', 'the path holds a control character');
    if (path !== PLACEHOLDER) how.check?.(path, options);
    const prefix =
      how.path === 'prefix' && path !== '' ? `/${path.split('/').map(encodeURIComponent).join('/')}` : '';
    const place: Place = {
      scheme: isSecure(scheme) ? 'https' : 'http',
      host: host.toLowerCase(),
      port,
      path: prefix,
    };
    const authorization = authorizationOf(target, options.auth);
    const headers = headersOf(options.headers);
    return {
      endpoint: { host: place.host, port },
      run: (context) =>
        run({
          ask: createAsk({ place, authorization, headers, socket: null }, context),
          context,
          options,
          path,
          uri: `${scheme}://${showEndpoint({ host: place.host, port })}`,
          hasLogin: authorization !== null || headers.length > 0,
        }),
    };
  };
}

function isSecure(scheme: string): boolean {
  return scheme.endsWith('+https') || scheme === 'ipps';
}
