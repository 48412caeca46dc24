import { safeLine, safeText } from '../words/safe-text.ts';
import { explainLine, type Reported } from './reported.ts';

/** JUnit XML as CI servers read it: down is a failure, unknown an error, degraded passes and says why. */
export function renderJunit(results: readonly Reported[]): string {
  const count = (status: Reported['status']) => results.filter((result) => result.status === status).length;
  const totals = `tests="${results.length}" failures="${count('down')}" errors="${count('unknown')}" time="${seconds(sum(results))}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites ${totals}>\n`,
    `  <testsuite name="puptime" skipped="0" ${totals}${timestamp(results)}>\n`,
    ...results.map(testCase),
    '  </testsuite>\n</testsuites>\n',
  ].join('');
}

function testCase(result: Reported): string {
  const { service, group, type, duration_ms } = result;
  const attributes = `classname="${attribute(group ?? type)}" name="${attribute(service)}" time="${seconds(duration_ms ?? 0)}"`;
  const inside = verdict(result);
  return inside === ''
    ? `    <testcase ${attributes}/>\n`
    : `    <testcase ${attributes}>\n${inside}    </testcase>\n`;
}

function verdict(result: Reported): string {
  const { status, reason } = result;
  const why = `message="${attribute(result.summary)}" type="${reason?.code ?? status}"`;
  switch (status) {
    case 'up':
      return '';
    case 'degraded':
      return `      <system-out>degraded: ${escape(explainLine(result))}</system-out>\n`;
    case 'down':
      return `      <failure ${why}>${details(result)}</failure>\n`;
    case 'unknown':
      return `      <error ${why}>${details(result)}</error>\n`;
  }
}

function details({ reasons }: Reported): string {
  return escape(reasons.map(({ code, phase, text }) => `${phase}: ${safeText(text)} (${code})`).join('\n'));
}

function attribute(text: string): string {
  return escape(safeLine(text));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text that is safe already; beyond that, XML 1.0 has no place for U+FFFE and U+FFFF. */
function escape(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/[\ufffe\uffff]/g, '\ufffd');
}

function sum(results: readonly Reported[]): number {
  return results.reduce((total, { duration_ms }) => total + (duration_ms ?? 0), 0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** ISO 8601 without fractions and zone, as the schema of JUnit wants it; UTC. */
function timestamp(results: readonly Reported[]): string {
  const [earliest] = results.map(({ started }) => started).toSorted();
  return earliest === undefined ? '' : ` timestamp="${attribute(earliest.slice(0, 19))}"`;
}
