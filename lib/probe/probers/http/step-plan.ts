import type { Json } from '../../../words/json.ts';
import { InvalidOptions, PLACEHOLDER, fail } from '../../prober.ts';
import { fillSteps, wholeStepName } from '../../step-reference.ts';
import { type Place, originOf, placeOfLocation } from '../../wire/http/place.ts';
import type { Plan } from './plan.ts';
import { prepareRequest } from './prepare-request.ts';
import { requestOptions, type StepOptions } from './step-options.ts';

/** The plan of a step, once what it refers to has been captured. */
export type MakePlan = (captured: (name: string) => string) => Plan;

/** Looks at all that can be known before. Throws InvalidOptions. */
export function stepPlanner(step: StepOptions, key: string, base: Plan): MakePlan {
  const make = (captured: (name: string) => string): Plan => {
    const place = placeOf(step.url, base.target, captured);
    if (typeof place === 'string')
      throw new InvalidOptions(`${key}.url`, `${place}, expected a path or a URL`);
    const request = prepareRequest(null, requestOptions(filled({ ...step }, captured)));
    const own = originOf(place) === originOf(base.target);
    const shared = own ? base.first.request : null;
    return {
      ...base,
      login: own ? base.login : null,
      redirects: step.redirects ?? base.redirects,
      first: {
        place,
        request: {
          ...request,
          compression: step.compression ?? base.first.request.compression,
          authorization: shared?.authorization ?? null,
          headers: [
            ...(shared?.headers ?? []).filter(
              ([name]) => !request.headers.some(([own]) => isSame(own, name)),
            ),
            ...request.headers,
          ],
        },
      },
    };
  };
  try {
    make(() => PLACEHOLDER);
  } catch (error) {
    if (!(error instanceof InvalidOptions)) throw error;
    throw new InvalidOptions(error.key.startsWith(key) ? error.key : `${key}.${error.key}`, error.message);
  }
  return (captured) => {
    try {
      return make(captured);
    } catch (error) {
      // It was right before: so it is what the service gave that cannot be sent.
      if (!(error instanceof InvalidOptions)) throw error;
      return fail('protocol', 'protocol', `what was captured cannot be sent: ${error.message}`);
    }
  };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function placeOf(url: string | undefined, target: Place, captured: (name: string) => string): Place | string {
  if (url === undefined) return target;
  const whole = wholeStepName(url);
  const written =
    whole === null ? fillSteps(url, (name) => encodeURIComponent(captured(name))) : captured(whole);
  const place = placeOfLocation(written, target);
  if (typeof place !== 'string' && target.scheme === 'https' && place.scheme === 'http' && whole !== null)
    return 'what was captured leads out of https';
  return place;
}

/** What is sent, with what was captured put into every text of it. */
function filled(step: StepOptions, captured: (name: string) => string): StepOptions {
  const put = (value: Json): Json => {
    if (typeof value === 'string') return fillSteps(value, captured);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => put(item));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, put(item)] as const));
  };
  const { headers, body, form, json } = step;
  return {
    ...step,
    ...(headers === undefined ? {} : { headers: put(headers) as NonNullable<StepOptions['headers']> }),
    ...(body === undefined ? {} : { body: fillSteps(body, captured) }),
    ...(form === undefined ? {} : { form: put(form) as NonNullable<StepOptions['form']> }),
    ...(json === undefined ? {} : { json: put(json) }),
  };
}
