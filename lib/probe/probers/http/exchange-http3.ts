import { X509Certificate } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import type { Code, Phase } from '../../../words/reason.ts';
import { CannotTell, fail } from '../../prober.ts';
import { chainFacts } from '../../wire/certificates.ts';
import type { ExecutionOutcome } from '../../wire/execution.ts';
import { mayHaveBody } from '../../wire/http/framing.ts';
import { type Place, authorityOf, hrefOf } from '../../wire/http/place.ts';
import type { HttpResponse } from '../../wire/http/response.ts';
import { type ResponseHead, parseHead } from '../../wire/http/response-head.ts';
import { curlConfig } from './curl-config.ts';
import type { HttpContext } from './http-facts.ts';
import type { HttpRequest } from '../../wire/http/http-request.ts';
import type { Plan } from './plan.ts';

/** Kept of an answer: curl hands it over whole. */
const LONGEST_ANSWER = 16 * 2 ** 20;
const MOST_INTERIM = 20;

/**
 * One request over HTTP/3 by curl, where it is built with that: puptime speaks no QUIC. What curl is to do goes to its
 * standard input, so that no secret is in its arguments.
 */
export async function exchangeHttp3(
  place: Place,
  request: HttpRequest,
  cookies: string | null,
  plan: Pick<Plan, 'target'>,
  context: HttpContext,
): Promise<HttpResponse> {
  if (context.proxy !== null)
    throw new CannotTell(
      'permission',
      'HTTP/3 does not go through a proxy: leave out proxy or http_version: 3',
    );
  const outcome = await context.execute({
    argv: ['curl', '-q', '--config', '-'],
    stdin: curlConfig(place, request, cookies, plan.target, context),
    maxOutput: LONGEST_ANSWER,
  });
  const said = outcome.stderr.toString('utf8');
  reportConnection(said, context);
  if (outcome.flooded)
    fail(
      'too_large',
      'protocol',
      `the answer is longer than ${String(LONGEST_ANSWER)} bytes, which is what is read over HTTP/3`,
    );
  if (outcome.exitCode !== 0) refuse(outcome, said, place);
  const { head, body } = splitAnswer(outcome.stdout);
  const hasBody = mayHaveBody(request.method, head.status);
  return { head: { ...head, version: '3' }, body: () => one(hasBody ? body : null) };
}

async function* one(body: Buffer | null): AsyncGenerator<Buffer, undefined> {
  await Promise.resolve();
  if (body !== null && body.length > 0) yield body;
}

/** `ip=… ` and the certificates that `write-out` adds. */
function reportConnection(said: string, context: HttpContext): void {
  const ip = /^puptime-ip=([0-9a-fA-F.:]{2,45})$/m.exec(said)?.[1];
  context.see({ ip: ip ?? null });
  const pem =
    said.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,20000}-----END CERTIFICATE-----/g) ?? [];
  if (pem.length === 0) return;
  const chain = pem.slice(0, 10).map((text) => new X509Certificate(text));
  const issued = chain.filter(({ subject, issuer }, index) => index === 0 || subject !== issuer);
  context.see({ ...chainFacts(issued, context.now()), alpn: 'h3', tls_version: '1.3' });
}

/** curl(1), EXIT CODES. */
const EXITS: { readonly [exit: number]: readonly [Code, Phase] } = {
  7: ['refused', 'connect'],
  28: ['timeout', 'protocol'],
  35: ['tls_handshake', 'tls'],
  52: ['closed', 'protocol'],
  55: ['closed', 'protocol'],
  56: ['closed', 'protocol'],
  18: ['truncated', 'protocol'],
  92: ['protocol', 'protocol'],
  95: ['protocol', 'protocol'],
};

function refuse({ exitCode, signal }: ExecutionOutcome, said: string, place: Place): never {
  const text = safeLine(
    /^curl: (?:\(\d+\) )?([^\n]*)/m.exec(said)?.[1] ?? `exit ${String(exitCode ?? signal)}`,
    200,
  );
  if (exitCode === 2 || exitCode === 4 || exitCode === 1)
    throw new CannotTell('tool_missing', `curl is not built with HTTP/3 (see curl --version): ${text}`);
  const where = `${authorityOf(place)} over HTTP/3: ${text}`;
  if (exitCode === 60 || exitCode === 51) return fail(certificateCode(text), 'tls', where);
  if (exitCode === 77 || exitCode === 58)
    throw new CannotTell('permission', `curl cannot use a file of tls.ca, tls.cert or tls.key: ${text}`);
  const [code, phase] = EXITS[exitCode ?? -1] ?? ['status', 'protocol'];
  if (EXITS[exitCode ?? -1] === undefined)
    throw new CannotTell(
      'exit',
      `curl ended with ${String(exitCode ?? signal)} for ${hrefOf(place)}: ${text}`,
    );
  return fail(code, phase, where);
}

function certificateCode(text: string): Code {
  if (/expired|not yet valid/i.test(text)) return 'tls_expired';
  return /host ?name|subject name|SAN/i.test(text) ? 'tls_hostname' : 'tls_untrusted';
}

/** Takes apart what `--include` prints: heads as of HTTP/1 under another version, interim ones first. */
function splitAnswer(output: Buffer): { head: ResponseHead; body: Buffer } {
  let rest = output;
  for (let interim = 0; interim <= MOST_INTERIM; interim++) {
    const end = rest.indexOf('\r\n\r\n');
    const match = /^HTTP\/3 (\d{3})/.exec(rest.toString('latin1', 0, 10));
    if (match === null || end === -1)
      return fail('protocol', 'protocol', 'curl did not print an answer over HTTP/3', {
        got: safeLine(rest.toString('utf8', 0, 100)),
      });
    const lines = rest.subarray('HTTP/3'.length, end);
    const head = parseHead(Buffer.concat([Buffer.from('HTTP/1.1'), lines]));
    rest = rest.subarray(end + 4);
    if (head.status >= 200) return { head, body: rest };
  }
  return fail('protocol', 'protocol', `it sent more than ${String(MOST_INTERIM)} interim answers (1xx)`);
}
