import {
  AMOUNT,
  BOOLEAN,
  type Fields,
  SAFE_JSON,
  SAFE_MAP,
  TIME,
  line,
  listOf,
  mapOf,
  oneOf,
  orNull,
  prose,
  textLike,
  withAbsent,
} from './foreign-fields.ts';
import { CODES, type Code, PHASES, type Reason } from './reason.ts';
import type { ResultBody, RunInfo, Timings } from './result.ts';
import { STATUSES } from './status.ts';

/** What lib/probe keeps of a text while a service is not up. */
const OUTPUT_MAX = 65_536;

/** A service’s name: letters, digits and `. _ - /`, also `:` for one named by its host and port. */
const NAME = textLike('a name of letters, digits and . _ - / :', (text) =>
  /^(?!\.)(?!.*\.\.)[\p{L}\p{N}._/:-]{1,200}$/u.test(text),
);
const PROBER = textLike('the name of a prober', (text) => /^[a-z][a-z0-9_.+-]{0,39}$/.test(text));
const STATUS = oneOf(STATUSES);
const FAMILY = oneOf([4, 6]);
const MS = orNull(AMOUNT);

const REASON = mapOf<Reason>({
  status: oneOf(['down', 'degraded', 'unknown']),
  code: oneOf(Object.keys(CODES) as Code[]),
  phase: oneOf(PHASES),
  text: line(500),
  expected: withAbsent(SAFE_JSON, null),
  got: withAbsent(SAFE_JSON, null),
  fact: orNull(line(200)),
});

const TIMINGS = mapOf<Timings>({
  resolve_ms: MS,
  connect_ms: MS,
  tls_ms: MS,
  first_byte_ms: MS,
  transfer_ms: MS,
});

const RUN = mapOf<RunInfo>({ id: line(100), host: line(300), config: orNull(line(200)) });

/**
 * How a result’s body is read that came from elsewhere: every field checked, bounded and made safe. Absent may be what
 * the first results of this format could lack.
 */
export const FOREIGN_BODY: Fields<ResultBody> = {
  service: NAME,
  status: STATUS,
  summary: line(500),
  reason: orNull(REASON),
  reasons: listOf(1000, REASON),
  time: TIME,
  type: PROBER,
  target: orNull(line(4096)),
  address: orNull(line(200)),
  family: orNull(FAMILY),
  addresses: withAbsent(
    listOf(
      1000,
      mapOf({
        address: line(200),
        family: FAMILY,
        status: STATUS,
        reason: orNull(REASON),
        duration_ms: AMOUNT,
      }),
    ),
    [],
  ),
  duration_ms: MS,
  timings: TIMINGS,
  facts: SAFE_MAP,
  metrics: SAFE_MAP,
  output: orNull(prose(OUTPUT_MAX)),
  truncated: withAbsent(BOOLEAN, false),
  attempts: listOf(1000, mapOf({ time: TIME, status: STATUS, reason: orNull(REASON), duration_ms: AMOUNT })),
  description: withAbsent(orNull(prose(OUTPUT_MAX)), null),
  group: orNull(line(500)),
  tags: listOf(1000, line(500)),
  vars: SAFE_MAP,
  runbook: orNull(prose(OUTPUT_MAX)),
  hint: withAbsent(orNull(prose(OUTPUT_MAX)), null),
  run: RUN,
  test: BOOLEAN,
};
