import { Fault } from '../../prober.ts';
import { peerName } from '../../wire/dial.ts';
import { asError } from '../../wire/errno.ts';
import { type Asking, ask } from './ask.ts';
import { type Agreement, differenceOf } from './compare-servers.ts';
import type { DnsContext } from './dns-facts.ts';
import type { Server } from './dns-options.ts';
import { type Said, readAnswer, reportAnswer } from './report-answer.ts';

/**
 * Asks the server that is probed and `servers`, all at once, so that a silent one costs the others no time. A fault of
 * the first ends the probe; those of the others are reported beside its facts.
 */
export async function askAll(
  context: DnsContext,
  asking: Asking,
  servers: readonly Server[],
  agreement: Agreement,
): Promise<void> {
  const others = Promise.allSettled(servers.map((server) => askOther(context, asking, server)));
  const first = await askFirst(context, asking);
  const outcomes = await others;
  first.seeTls();
  const said = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const serials = [first, ...said].flatMap(({ serial }) => (serial === null ? [] : [serial]));
  context.see({ serials: serials.length === 0 ? null : serials });
  if (servers.length === 0) return;
  context.see({
    differing: said.flatMap((other) => {
      const difference = differenceOf(first, other, agreement);
      return difference === null ? [] : [`${other.peer} ${difference}`];
    }),
  });
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [asError(outcome.reason)] : [],
  );
  for (const failure of failures) if (failure instanceof Fault) context.find(failure.finding);
  const trouble = failures.find((failure) => !(failure instanceof Fault));
  if (trouble !== undefined) throw trouble;
}

async function askFirst(
  context: DnsContext,
  asking: Asking,
): Promise<Said & { /** again, when handshakes with others have come after it */ seeTls(): void }> {
  const { address, host } = context;
  if (address === null) throw new Error('a dns probe has an endpoint');
  const { message, transport, tls } = await ask(context, asking, { host, address }, (http_status) =>
    context.see({ http_status }),
  );
  context.see({ transport });
  const said = reportAnswer(context, message, asking.question, peerName(address));
  return {
    ...said,
    seeTls() {
      if (tls !== null) context.see(tls.facts);
    },
  };
}

async function askOther(
  context: DnsContext,
  asking: Asking,
  { host, port }: Server,
): Promise<Said & { readonly peer: string }> {
  const [address] = await context.resolve(host, port);
  if (address === undefined) throw new Error('a name that was resolved has at least one address');
  const { message } = await ask(context, asking, { host, address }, () => undefined);
  const peer = peerName(address);
  return { ...readAnswer(message, asking.question, peer), peer };
}
