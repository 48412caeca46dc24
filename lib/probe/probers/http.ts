import { InvalidOptions, type Prober } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import { follow } from './http/follow.ts';
import { HTTP_FACTS } from './http/http-facts.ts';
import { HTTP_OPTIONS, type HttpOptions, limitsOf } from './http/http-options.ts';
import { placeOfTarget } from '../wire/http/place.ts';
import type { Plan } from './http/plan.ts';
import { loginOf, prepareRequest } from './http/prepare-request.ts';
import { STEPS_SCHEMA, type StepOptions } from './http/step-options.ts';
import { prepareSteps } from './http/steps.ts';

type Options = HttpOptions & { readonly steps?: readonly StepOptions[] };

export const http: Prober<Options, typeof HTTP_FACTS> = {
  type: 'http',
  proves:
    'The server answers the request, after redirects, with a whole answer whose status is 200 to 299; with `steps`, all requests of a sequence (a login and what comes after it, say) are answered as they expect.',
  schemes: [
    { scheme: 'http', port: 80, shape: 'path' },
    { scheme: 'https', port: 443, tls: true, shape: 'path' },
  ],
  example: 'https://example.org/health',
  options: { ...HTTP_OPTIONS, steps: STEPS_SCHEMA },
  facts: HTTP_FACTS,
  proxy: true,
  codes: {
    status:
      'the status is not the one expected (or a proxy does not let us through): see the body and the server’s log',
    auth: 'the login was refused (401), the proxy wants a login (407), or the token endpoint gave no token',
    redirect: 'the redirects go in a circle, out of encryption, or with a body to another origin: see `hops`',
    truncated: 'the body ended before its length, its last chunk or the end of its packing',
    too_large: 'the body is longer than `max_size`, or unpacks like a bomb',
    protocol: 'the answer is not HTTP: the text says what it looks like',
  },
  defaults: ({ steps, http_version }, scheme) => ({
    ...(steps === undefined ? { expect: { status: { min: 200, max: 299 } } } : {}),
    ...(scheme === 'https' ? { prefer: preferOf(http_version) } : {}),
  }),
  prepare({ target, options, wanted }) {
    const place = target === null ? null : placeOfTarget(target);
    if (target === null || place === null || place.host === '') {
      throw new InvalidOptions('target', 'it names no host, expected https://HOST/PATH');
    }
    const version = versionOf(options);
    if (version === '3' && place.scheme === 'http')
      throw new InvalidOptions('http_version', 'HTTP/3 is always encrypted, expected an https:// target');
    const { steps } = options;
    refuseBeside(steps, options);
    const plan: Plan = {
      target: place,
      first: { place, request: prepareRequest(target, options) },
      version,
      redirects: options.redirects ?? 10,
      limits: limitsOf(options),
      wantsJson: wanted.has('json'),
      login: loginOf(options),
    };
    return {
      endpoint: { host: place.host, port: place.port },
      run: steps === undefined ? (context) => follow(plan, context) : prepareSteps(steps, plan),
    };
  },
};

/** What belongs to one request stands in its step. */
function refuseBeside(steps: Options['steps'], options: HttpOptions): void {
  const beside = (['method', 'body', 'form', 'json'] as const).find((key) => options[key] !== undefined);
  if (steps !== undefined && beside !== undefined)
    throw new InvalidOptions(beside, `with \`steps\`, ${beside} belongs into one of them`);
}

/** curl does not tell of certificates with every library that it is built with. */
function preferOf(version: HttpOptions['http_version']) {
  if (version !== '3' && version !== 3) return TLS_PREFER;
  return { cert_days: { any_of: [TLS_PREFER.cert_days, { exists: false }] } };
}

function versionOf({ http_version = 'auto' }: HttpOptions): Plan['version'] {
  switch (http_version) {
    case 'auto':
    case '1.1':
    case '2':
    case '3':
      return http_version;
    case 1.1:
      return '1.1';
    case 2:
      return '2';
    case 3:
      return '3';
  }
}
