import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { exchangeHttp1 } from '../../wire/http/exchange-http1.ts';
import { exchangeHttp2 } from '../../wire/http/exchange-http2.ts';
import type { HttpContext } from './http-facts.ts';
import { fieldsOf, withoutCredentials } from './http-request.ts';
import { openConnection } from './open-connection.ts';
import { type Place, hrefOf, originOf } from '../../wire/http/place.ts';
import type { Plan } from './plan.ts';
import { type Step, stepAfter } from './redirect.ts';
import { reportAnswer } from './report-answer.ts';

/** Asks, follows redirects one after the other, each over a connection of its own, and reports the answer that counts. */
export async function follow(plan: Plan, context: HttpContext): Promise<void> {
  const cookies = createCookieJar();
  const hops: string[] = [];
  const asked = new Set<string>();
  let step = plan.first;
  for (;;) {
    context.see({ url: hrefOf(step.place), redirects: hops.length, hops: [...hops] });
    const { response, conversation } = await ask(step, plan, cookies, context);
    const next = plan.redirects === 0 ? null : stepAfter(response.head, step.place, step.request);
    if (next === null) {
      noteRefusedLogin(response.head.status, isOwn(step.place, plan), plan, context);
      return reportAnswer(response, conversation, step, plan, context);
    }
    conversation.destroy();
    asked.add(signatureOf(step, cookies));
    cookies.store(response.head.headers, step.place, context.now());
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

function noteRefusedLogin(status: number, own: boolean, plan: Plan, context: HttpContext): void {
  if (status !== 401 || plan.first.request.authorization === null) return;
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

async function ask(step: Step, plan: Plan, cookies: CookieJar, context: HttpContext) {
  const { place } = step;
  const request = isOwn(place, plan) ? step.request : withoutCredentials(step.request);
  const conversation = await openConnection(place, plan, context);
  context.see({ ip: conversation.address?.ip ?? null });
  const fields = fieldsOf(request, place, cookies.fieldFor(place));
  const agreed = conversation.tls()?.alpn ?? null;
  if (plan.version === '2' && place.scheme === 'https' && agreed !== 'h2') {
    fail('protocol', 'protocol', `${conversation.peer} does not offer HTTP/2, which http_version asks for`);
  }
  const response = await (plan.version !== '1.1' &&
  (agreed === 'h2' || (plan.version === '2' && place.scheme === 'http'))
    ? exchangeHttp2(conversation, place, request, fields, context)
    : exchangeHttp1(conversation, place, request, fields));
  return { response, conversation };
}

/** What the config holds for the target’s own origin is sent to that alone. */
function isOwn(place: Place, plan: Plan): boolean {
  return originOf(place) === originOf(plan.first.place);
}
