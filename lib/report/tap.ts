import { safeLine } from '../words/safe-text.ts';
import { explainLine, type Reported } from './reported.ts';

/**
 * Test Anything Protocol, version 14. Up and degraded are ok; down and unknown are not, each with a YAML block that
 * says why. In the order given, so that numbers are stable from run to run.
 */
export function renderTap(results: readonly Reported[]): string {
  const points = results.map((result, at) => testPoint(result, at + 1));
  return `TAP version 14\n1..${results.length}\n${points.join('')}`;
}

function testPoint(result: Reported, number: number): string {
  const ok = result.status === 'up' || result.status === 'degraded' ? 'ok' : 'not ok';
  const line = `${ok} ${number} - ${description(result.service)}\n`;
  return result.status === 'up' ? line : line + yamlBlock(result);
}

/** A hash would begin a directive. */
function description(text: string): string {
  return safeLine(text).replace(/[\\#]/g, '\\$&');
}

/** JSON strings are YAML. */
function yamlBlock(result: Reported): string {
  const { status, reason } = result;
  const entries = {
    status,
    code: reason?.code ?? null,
    phase: reason?.phase ?? null,
    message: explainLine(result),
  };
  const lines = Object.entries(entries).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `  ---\n${lines.join('')}  ...\n`;
}
