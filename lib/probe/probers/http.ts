import { InvalidOptions, type Prober } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import { follow } from './http/follow.ts';
import { HTTP_FACTS } from './http/http-facts.ts';
import { HTTP_OPTIONS, type HttpOptions, limitsOf } from './http/http-options.ts';
import { placeOfTarget } from '../wire/http/place.ts';
import type { Plan } from './http/plan.ts';
import { prepareRequest } from './http/prepare-request.ts';

export const http: Prober<HttpOptions, typeof HTTP_FACTS> = {
  type: 'http',
  proves: 'The server answers the request, after redirects, with a whole answer whose status is 200 to 299.',
  schemes: [
    { scheme: 'http', port: 80, shape: 'path' },
    { scheme: 'https', port: 443, tls: true, shape: 'path' },
  ],
  example: 'https://example.org/health',
  options: HTTP_OPTIONS,
  facts: HTTP_FACTS,
  defaults: (_options, scheme) => ({
    expect: { status: { min: 200, max: 299 } },
    ...(scheme === 'https' ? { prefer: TLS_PREFER } : {}),
  }),
  prepare({ target, options, wanted }) {
    const place = target === null ? null : placeOfTarget(target);
    if (target === null || place === null || place.host === '') {
      throw new InvalidOptions('target', 'it names no host, expected https://HOST/PATH');
    }
    const request = prepareRequest(target, options);
    const plan: Plan = {
      first: { place, request },
      version: versionOf(options),
      redirects: options.redirects ?? 10,
      limits: limitsOf(options),
      wantsJson: wanted.has('json'),
    };
    return {
      endpoint: { host: place.host, port: place.port },
      run: (context) => follow(plan, context),
    };
  },
};

function versionOf({ http_version = 'auto' }: HttpOptions): Plan['version'] {
  return http_version === 'auto' ? 'auto' : http_version === '2' || http_version === 2 ? '2' : '1.1';
}
