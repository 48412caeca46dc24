import { CannotTell } from '../../prober.ts';
import type { HeaderList } from '../../wire/http/header-list.ts';
import { type Place, DEFAULT_PORT } from '../../wire/http/place.ts';
import type { HttpContext } from './http-facts.ts';
import { type HttpRequest, fieldsOf } from '../../wire/http/http-request.ts';

/** What curl is to do, as a file for its `--config` (curl(1)). `probed` is the place whose address is being probed. */
export function curlConfig(
  place: Place,
  request: HttpRequest,
  cookies: string | null,
  probed: Place,
  context: HttpContext,
): string {
  const { tls, address, source } = context;
  const { min_version } = tls;
  const hasType = request.headers.some(([field]) => field.toLowerCase() === 'content-type');
  if (tls.server_name !== undefined && tls.server_name !== place.host)
    throw new CannotTell(
      'permission',
      'curl cannot ask for another name: leave out tls.server_name or http_version: 3',
    );
  const name = place.host.includes(':') ? `[${place.host}]` : place.host;
  const pinned =
    place.host === probed.host && address !== null
      ? `${place.host}:${String(place.port)}:${address.ip}`
      : null;
  const lines: (string | readonly [string, string | null | undefined])[] = [
    ...['silent', 'show-error', 'http3-only', 'include', 'globoff', 'path-as-is'],
    [
      'url',
      `https://${name}${place.port === DEFAULT_PORT.https ? '' : `:${String(place.port)}`}${place.path}`,
    ],
    request.method === 'HEAD' ? 'head' : ['request', request.method],
    ...withoutCurlsOwn(fieldsOf(request, place, cookies)).map(
      ([field, value]) => ['header', value === '' ? `${field};` : `${field}: ${value}`] as const,
    ),
    // Without a value: curl’s own is left out.
    ...(hasType ? [] : [['header', 'content-type:'] as const]),
    ['data-raw', request.body?.toString('utf8')],
    ['max-time', (context.remaining_ms() / 1000).toFixed(3)],
    ['noproxy', '*'],
    ['resolve', pinned],
    ['interface', source === null ? null : `host!${source}`],
    ['cacert', tls.ca],
    ['cert', tls.cert],
    ['key', tls.key],
    ...(tls.verify === false ? ['insecure'] : []),
    ...(min_version === '1.3' ? ['tlsv1.3'] : []),
    ['write-out', '%{stderr}\npuptime-ip=%{remote_ip}\n%{certs}'],
  ];
  return lines
    .flatMap((line) => {
      if (typeof line === 'string') return [line];
      const [option, value] = line;
      return value === null || value === undefined ? [] : [`${option} = ${quoted(value)}`];
    })
    .concat('')
    .join('\n');
}

/** The escapes that curl knows inside quotes. */
function quoted(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\v', '\\v')
    .replaceAll('\0', '');
  return `"${escaped}"`;
}

/** The length follows from the rest. */
function withoutCurlsOwn(fields: HeaderList): HeaderList {
  const [[, authority] = ['', ''], ...rest] = fields;
  return [['host', authority], ...rest.filter(([name]) => name !== 'content-length')];
}
