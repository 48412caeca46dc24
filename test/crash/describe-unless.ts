import { describe, test } from 'vitest';

/**
 * `describe`, where `obstacle` is null. Elsewhere the tests are skipped, and the name says why; with
 * PUPTIME_REQUIRE_DAEMONS=1 they fail.
 */
export function describeUnless(obstacle: string | null, name: string, body: () => void): void {
  if (obstacle === null) describe(name, body);
  else if (process.env['PUPTIME_REQUIRE_DAEMONS'] !== '1') describe.skip(`${name} (${obstacle})`, body);
  else
    test(name, () => {
      throw new Error(`PUPTIME_REQUIRE_DAEMONS=1, but ${obstacle}`);
    });
}
