import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/words/json.ts';
import { problemsOf } from './facts.ts';

describe('a mistake in an expectation is told before anything is probed', () => {
  const rows: readonly (readonly [section: JsonObject, path: string, text: RegExp])[] = [
    [{ wrod: 1 }, 'wrod', /^no such fact here, expected one of word, text, .*\(did you mean word\?\)$/],
    [
      { word: { mathces: 'x' } },
      'word.mathces',
      /^no such matcher, expected one of .* \(did you mean matches\?\)$/,
    ],
    [{ word: {} }, 'word', /^saw an empty map, expected one of equals/],
    [{ word: [] }, 'word', /^saw an empty list/],
    [{ word: null }, 'word', /^saw nothing, .*\{exists: false\}$/],
    [{ word: '>= 7' }, 'word', /^saw ">= 7", expected a word: only numbers are compared/],
    [{ word: { min: 1 } }, 'word.min', /^min is not for a word/],
    [{ text: { max: 1 } }, 'text.max', /^max is not for a text/],
    [{ text: { matches: '(' } }, 'text.matches', /^the pattern does not compile: missing closing \)/],
    [{ text: { matches: '(?=a)' } }, 'text.matches', /look-around and backreferences are not in RE2 syntax$/],
    [{ text: { not_matches: '\\1' } }, 'text.not_matches', /backreferences/],
    [{ text: { matches: ['a'] } }, 'text.matches', /^saw a, expected a regular expression$/],
    [{ text: { contains: { a: 1 } } }, 'text.contains', /expected a text or a list of texts$/],
    [{ number: 'many' }, 'number', /^saw "many", expected a plain number/],
    [{ number: '200-299' }, 'number', /a range is \{min: 200, max: 299\}$/],
    [{ number: '< 2h' }, 'number', /^saw "2h", expected a plain number \(this value has no unit\)$/],
    [{ number: [200, 'x'] }, 'number.1', /^saw "x"/],
    [{ number: { matches: '2' } }, 'number.matches', /^matches is not for a number/],
    [{ number: { min: 'x' } }, 'number.min', /^saw "x", expected a plain number/],
    [{ ms: '< 64KiB' }, 'ms', /a duration such as 500ms or 2h$/],
    [{ bytes: '< 2h' }, 'bytes', /a size such as 64KiB$/],
    [{ bool: 'yes' }, 'bool', /^saw yes, expected true or false$/],
    [{ bool: '> 1' }, 'bool', /expected true or false$/],
    [{ list: '!= x' }, 'list', /expected \{excludes: x\} for a list$/],
    [{ list: { min: 1 } }, 'list.min', /^min is not for a list/],
    [{ list: { only: [] } }, 'list.only', /^saw an empty list/],
    [{ list: { count: 'x' } }, 'list.count', /^saw "x"/],
    [{ list: { any_of: 'x' } }, 'list.any_of', /expected a list$/],
    [{ list: { any_of: ['x', { mni: 1 }] } }, 'list.any_of.1.mni', /^no such matcher/],
    [{ number: { range: '20:10' } }, 'number.range', /^saw 20:10, expected a plugin’s range/],
    [{ number: { range: '@' } }, 'number.range', /expected a plugin’s range/],
    [{ word: { within: '1.2.3/8' } }, 'word.within', /^saw 1\.2\.3\/8, expected a block of addresses/],
    [{ word: { within: '192.0.2.0/33' } }, 'word.within', /expected a block of addresses/],
    [{ word: { exists: 'no' } }, 'word.exists', /^saw no, expected true or false$/],
    [{ map: 'x' }, 'map', /expected a map such as/],
    [{ map: { a: { mni: 1 } } }, 'map.a.mni', /\(did you mean min\?\)$/],
    [{ records: 'x' }, 'records', /^saw x, expected \{count: …\}/],
    [{ json: { '$.a..': 1 } }, 'json.$.a..', /^no JSONPath \(RFC 9535\)/],
    [{ json: { '$..a..b': 1 } }, 'json.$..a..b', /more than one “\.\.”/],
    [{ json: { '$[?search(@.a, "x")]': 1 } }, 'json.$[?search(@.a, "x")]', /^search\(\) is not supported/],
    [{ json: { '$[?count($..*) > 1]': 1 } }, 'json.$[?count($..*) > 1]', /^a filter may look at the item/],
    [{ json: { '$.a': 1, b: 2 } }, 'json.b', /^no JSONPath/],
    [{ json: { '$.a': '< 2h' } }, 'json.$.a', /no unit/],
  ];
  it.each(rows)('%j', (section, path, text) => {
    const problems = problemsOf(section);
    expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
    expect(problems[0]?.text).toMatch(text);
  });

  it('tells all mistakes at once', () => {
    expect(problemsOf({ word: { min: 1, mathces: 'x' }, wrod: 1, number: 'x' })).toHaveLength(4);
  });

  it('takes no fact from the prototype', () => {
    expect(problemsOf({ constructor: 1, toString: 'x' })).toHaveLength(2);
    expect(problemsOf({ word: { constructor: 1 } })).toHaveLength(1);
  });
});
