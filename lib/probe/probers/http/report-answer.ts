import type { Conversation } from '../../wire/conversation.ts';
import { isHtml, jsonOf, textOf } from '../../wire/http/body-facts.ts';
import { readDecoded } from '../../wire/http/content-decoding.ts';
import { headersFact, headerValue, itemsOf } from '../../wire/http/header-list.ts';
import type { HttpContext } from './http-facts.ts';
import type { Plan } from './plan.ts';
import { receiveBody } from '../../wire/http/received-body.ts';
import type { Step } from './redirect.ts';
import type { HttpResponse } from '../../wire/http/response.ts';
import { titleOf } from './title.ts';

/** Reads the answer that counts, and reports its facts. */
export async function reportAnswer(
  response: HttpResponse,
  conversation: Conversation | null,
  { place, request }: Step,
  plan: Plan,
  context: HttpContext,
): Promise<void> {
  const { status, version, headers } = response.head;
  context.see({ status, version, headers: headersFact(headers) });
  const type = headerValue(headers, 'content-type');
  const body = receiveBody(plan.limits);
  try {
    await readDecoded(response.body(), itemsOf(headerValue(headers, 'content-encoding')), body);
  } finally {
    // What was seen of a body that broke off is worth a look.
    if (request.method !== 'HEAD') context.see({ body: textOf(body.beginning(), type) });
  }
  conversation?.destroy();
  if (request.method === 'HEAD') return;
  const text = textOf(body.beginning(), type);
  const whole = body.size() <= plan.limits.kept;
  const json = whole ? jsonOf(text, type, plan.wantsJson) : undefined;
  const title = isHtml(type, text) ? titleOf(text) : null;
  context.see({ size: body.size(), title, ...(json === undefined ? {} : { json }) });
  if (status === 400 && place.scheme === 'http' && TALKS_TLS.test(text.slice(0, 2000))) {
    context.find({
      code: 'protocol',
      phase: 'protocol',
      text: `${conversation?.peer ?? place.host} says that it is an HTTPS port: use https://`,
    });
  }
}

/** What nginx, Apache, Go and Node’s kin say to a plain request on a TLS port. */
const TALKS_TLS =
  /plain HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled|HTTP request to an HTTPS server/i;
