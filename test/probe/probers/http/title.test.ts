import { describe, expect, it } from 'vitest';
import { titleOf } from '../../../../lib/probe/probers/http/title.ts';
import { processorTime } from '../../../contract/processor-time.ts';

describe('the title of a page', () => {
  it.each([
    ['<title>a</title>', 'a'],
    ['<TITLE lang="x>y">\n a &amp; b&nbsp;&eacute;&#33; </TITLE>', 'a & b é!'],
    [`<script>${'x'.repeat(100_000)}</script><title>late</title>`, 'late'],
    [`<title>${'a'.repeat(5000)}</title>`, 'a'.repeat(1024)],
    ['<title>never closed', null],
    [`<title>${'x'.repeat(8190)}&am`, null],
    ['<!-- <title>no</title> -->', null],
    ['', null],
    [`${' '.repeat(300_000)}<title>too late</title>`, null],
  ])('%.40s', (html, title) => {
    expect(titleOf(html)).toBe(title);
  });

  it('is looked for in bounded time, whatever the page', () => {
    const nasty = [
      '<b>'.repeat(45_000) + '</i>'.repeat(40_000),
      '<a><p>'.repeat(40_000),
      '<'.repeat(260_000),
      '<!--'.repeat(60_000),
      '<title>'.repeat(30_000),
      '&'.repeat(260_000),
    ];
    for (const html of nasty) {
      expect(processorTime(() => titleOf(html))).toBeLessThan(1000);
    }
  });
});
