import type { FactsOf } from '../../../words/fact.ts';
import type { Finding } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { Check } from '../../expect/check.ts';
import { compileExpectations } from '../../expect/compile-expectations.ts';
import { judge } from '../../expect/judge.ts';
import { Fault, InvalidOptions, fail } from '../../prober.ts';
import { stepNamesIn } from '../../step-reference.ts';
import { type Capture, LONGEST_CAPTURE, prepareCapture } from './capture.ts';
import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { follow } from './follow.ts';
import { askToken } from './oauth2.ts';
import { HTTP_FACTS, type HttpContext } from './http-facts.ts';
import type { Plan } from './plan.ts';
import { type MakePlan, stepPlanner } from './step-plan.ts';
import type { StepOptions } from './step-options.ts';

/** What the steps of a service do, one after the other. */
export type Steps = (context: HttpContext) => Promise<void>;

interface PreparedStep {
  readonly label: string;
  readonly plan: MakePlan;
  readonly checks: readonly Check[];
  readonly captures: readonly (readonly [name: string, capture: Capture])[];
}

type HttpFacts = FactsOf<typeof HTTP_FACTS>;

/** `base`: the plan of a single request to the target. Throws InvalidOptions. */
export function prepareSteps(steps: readonly StepOptions[], base: Plan): Steps {
  const known = new Set<string>();
  const prepared = steps.map((step, index) => {
    const key = `steps[${String(index)}]`;
    const one = prepareStep(step, index, key, base, known);
    for (const [name] of one.captures) known.add(name);
    return one;
  });
  return async (context) => {
    const cookies = createCookieJar();
    const captured = new Map<string, string>();
    const { login } = base;
    // Once for all of them.
    const token = login?.kind === 'oauth2' ? await askToken(login.token, base, context) : null;
    const done: { readonly name: string; readonly url: string | null; readonly status: number | null }[] = [];
    for (const step of prepared) {
      const facts: HttpFacts = {};
      try {
        await take(step, { captured, token }, cookies, observing(context, facts, step.label));
      } catch (error) {
        throw error instanceof Fault ? new Fault(labelled(error.finding, step.label)) : error;
      } finally {
        done.push({ name: step.label, url: facts.url ?? null, status: facts.status ?? null });
        context.see({ steps: [...done] });
      }
    }
  };
}

function prepareStep(
  step: StepOptions,
  index: number,
  key: string,
  base: Plan,
  known: ReadonlySet<string>,
): PreparedStep {
  const { expect = {}, capture = {} } = step;
  for (const name of stepNamesIn(JSON.stringify({ ...step, expect: {}, capture: {} })))
    if (!known.has(name))
      throw new InvalidOptions(
        key,
        `\${step.${safeLine(name, 40)}}: no step before captures that, expected one of ${[...known].join(', ') || 'none yet'}`,
      );
  for (const section of ['expect', 'capture'] as const)
    if (stepNamesIn(JSON.stringify(step[section] ?? {})).length > 0)
      throw new InvalidOptions(
        `${key}.${section}`,
        'what a step captured cannot stand here, expected it in what is sent',
      );
  const { checks, problems } = compileExpectations({ status: { min: 200, max: 299 }, ...expect }, HTTP_FACTS);
  const [problem] = problems;
  if (problem !== undefined)
    throw new InvalidOptions([key, 'expect', ...problem.path].join('.'), problem.text);
  const captures = Object.entries(capture).map(
    ([name, option]) => [name, prepareCapture(option, `${key}.capture.${name}`)] as const,
  );
  const wantsJson = 'json' in expect || Object.values(capture).some((option) => 'json' in option);
  return {
    label: safeLine(step.name ?? String(index + 1), 60),
    plan: stepPlanner(step, key, { ...base, wantsJson: base.wantsJson || wantsJson }),
    checks,
    captures,
  };
}

async function take(
  { label, plan, checks, captures }: PreparedStep,
  { captured, token }: Known,
  cookies: CookieJar,
  { context, facts }: Observing,
): Promise<void> {
  const made = plan((name) => captured.get(name) ?? '');
  await follow(authorized(made, token), context, cookies);
  const reasons = judge({ expect: checks, prefer: [] }, facts);
  const findings = reasons.map(({ code, phase, text, expected, got }) =>
    labelled({ code, phase, text, expected, got }, label),
  );
  for (const finding of findings) context.find(finding);
  const [first] = findings;
  if (first !== undefined) throw new Fault(first);
  for (const [name, capture] of captures) {
    const value = capture(facts, cookies);
    if (value === null) return fail('assertion', 'expect', `there is nothing to capture as ${name}`);
    if (value.length > LONGEST_CAPTURE)
      fail(
        'too_large',
        'expect',
        `what would be captured as ${name} has ${String(value.length)} characters, expected at most ${String(LONGEST_CAPTURE)}`,
      );
    context.conceal(value);
    captured.set(name, value);
  }
}

interface Known {
  readonly captured: Map<string, string>;
  /** an Authorization field that the login was given; null without one */
  readonly token: string | null;
}

/** With the token, where the step is one of those that log in. */
function authorized(plan: Plan, token: string | null): Plan {
  if (plan.login?.kind !== 'oauth2' || token === null) return plan;
  const { place, request } = plan.first;
  return { ...plan, login: null, first: { place, request: { ...request, authorization: token } } };
}

interface Observing {
  readonly context: HttpContext;
  readonly facts: HttpFacts;
}

/** A context that notes what this step sees, and forgets what the step before saw of its answer. */
function observing(context: HttpContext, facts: HttpFacts, label: string): Observing {
  context.see({
    status: null,
    version: null,
    headers: null,
    body: null,
    json: null,
    title: null,
    size: null,
  });
  return {
    facts,
    context: {
      ...context,
      see: (seen) => {
        Object.assign(facts, seen);
        context.see(seen);
      },
      find: (finding) => context.find(labelled(finding, label)),
    },
  };
}

/** The very finding when it says already which step it is of: what is found and thrown is one. */
function labelled(finding: Finding, label: string): Finding {
  const prefix = `step ${label}: `;
  return finding.text.startsWith(prefix) ? finding : { ...finding, text: prefix + finding.text };
}
