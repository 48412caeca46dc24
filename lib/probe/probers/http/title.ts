// Not the package’s main entry: that one brings a whole DOM along.
import { WritableStream } from 'htmlparser2/WritableStream';

/** Only the beginning of a document is looked at. */
const LOOKED_AT = 256 * 1024;
/** The parser’s time grows with the square of its open elements; a head has few. */
const MOST_TAGS = 4000;
const SLICE = 4096;
const LONGEST_TITLE = 1024;

/** The text of the first `<title>` of an HTML document, blanks collapsed; null when it has none. */
export function titleOf(html: string): string | null {
  let tags = 0;
  let inside = false;
  const found: { title: string | null } = { title: null };
  const parts: string[] = [];
  const parser = new WritableStream({
    onopentagname(name) {
      tags += 1;
      inside = found.title === null && name === 'title';
    },
    ontext(text) {
      if (inside) parts.push(text);
    },
    onclosetag(name) {
      tags += 1;
      if (!inside || name !== 'title') return;
      inside = false;
      found.title = parts.join('').replace(/\s+/g, ' ').trim().slice(0, LONGEST_TITLE);
    },
  });
  for (let at = 0; at < Math.min(html.length, LOOKED_AT); at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    if (found.title !== null || tags > MOST_TAGS) break;
  }
  return found.title;
}
