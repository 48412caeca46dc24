import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { headerValue } from '../../wire/http/header-list.ts';
import { type Place, hrefOf, originOf } from '../../wire/http/place.ts';
import { challengesOf } from '../../wire/http/challenges.ts';
import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { digestAuthorization } from '../../wire/http/digest.ts';
import { type Exchanged, exchange } from './exchange.ts';
import type { HttpContext } from './http-facts.ts';
import { type HttpRequest, withoutCredentials } from '../../wire/http/http-request.ts';
import { askToken } from './oauth2.ts';
import type { Plan } from './plan.ts';
import { type Step, stepAfter } from './redirect.ts';
import { reportAnswer } from './report-answer.ts';

/** Asks, follows redirects one after the other, each over a connection of its own, and reports the answer that counts. */
export async function follow(
  plan: Plan,
  context: HttpContext,
  cookies: CookieJar = createCookieJar(),
): Promise<void> {
  const hops: string[] = [];
  const asked = new Set<string>();
  let step = await withToken(plan, context);
  for (;;) {
    context.see({ url: hrefOf(step.place), redirects: hops.length, hops: [...hops] });
    const signature = signatureOf(step, cookies);
    const { response, conversation } = await ask(step, plan, cookies, context);
    cookies.store(response.head.headers, step.place, context.now());
    const next = plan.redirects === 0 ? null : stepAfter(response.head, step.place, step.request);
    if (next === null) {
      noteRefusedLogin(response.head.status, isOwn(step.place, plan), plan, context);
      return reportAnswer(response, conversation, step, plan, context);
    }
    conversation?.destroy();
    asked.add(signature);
    step = next;
    hops.push(hrefOf(step.place));
    if (hops.length > plan.redirects)
      fail(
        'redirect',
        'protocol',
        `it redirects more than ${String(plan.redirects)} times, last to ${lastOf(hops)}`,
      );
    if (asked.has(signatureOf(step, cookies)))
      fail('redirect', 'protocol', `it redirects in a circle, back to ${lastOf(hops)}`);
  }
}

async function withToken({ first, login, ...plan }: Plan, context: HttpContext): Promise<Step> {
  if (login?.kind !== 'oauth2') return first;
  const authorization = await askToken(login.token, plan, context);
  return { ...first, request: { ...first.request, authorization } };
}

function noteRefusedLogin(status: number, own: boolean, plan: Plan, context: HttpContext): void {
  if (status !== 401 || (plan.first.request.authorization === null && plan.login === null)) return;
  const text = own
    ? 'the login was refused (401)'
    : 'a login is asked for by another origin, where it is not sent (401)';
  context.find({ code: 'auth', phase: 'auth', text });
}

/** Asking the same again with the same cookies leads to the same again. */
function signatureOf({ place, request }: Step, cookies: CookieJar): string {
  return [request.method, hrefOf(place), cookies.fieldFor(place) ?? ''].join(' ');
}

function lastOf(hops: readonly string[]): string {
  return safeLine(hops.at(-1) ?? '', 100);
}

async function ask(step: Step, plan: Plan, cookies: CookieJar, context: HttpContext): Promise<Exchanged> {
  const { place } = step;
  const own = isOwn(place, plan);
  const request = own ? step.request : withoutCredentials(step.request);
  const again = (changed: HttpRequest) => exchange(place, changed, cookies.fieldFor(place), plan, context);
  const first = await again(request);
  const { login } = plan;
  if (!own || login?.kind !== 'digest') return first;
  const second = await answerDigest(first, login.digest, place, request, again);
  // A server may have forgotten the nonce that it has just given, as one of several behind a balancer does.
  return second !== first && isStale(second)
    ? answerDigest(second, login.digest, place, request, again)
    : second;
}

/** The same once more, with an answer to the digest challenge of a 401; what has no such challenge comes back as it is. */
async function answerDigest(
  refused: Exchanged,
  digest: Parameters<typeof digestAuthorization>[1],
  place: Place,
  request: HttpRequest,
  again: (changed: HttpRequest) => Promise<Exchanged>,
): Promise<Exchanged> {
  const { method, body } = request;
  if (refused.response.head.status !== 401) return refused;
  const authorization = digestAuthorization(challengesIn(refused), digest, { method, uri: place.path, body });
  if (authorization === null) return refused;
  refused.conversation?.destroy();
  return again({ ...request, authorization });
}

function isStale(answer: Exchanged): boolean {
  return (
    answer.response.head.status === 401 &&
    challengesIn(answer).some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true')
  );
}

function challengesIn({ response }: Exchanged) {
  return challengesOf(headerValue(response.head.headers, 'www-authenticate'));
}

/** What the config holds for the target’s own origin is sent to that alone. */
function isOwn(place: Place, plan: Plan): boolean {
  return originOf(place) === originOf(plan.first.place);
}
