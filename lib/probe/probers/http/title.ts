import { Tokenizer } from 'htmlparser2';

/** Only the beginning of a document is looked at. */
const LOOKED_AT = 256 * 1024;
const LONGEST_TITLE = 1024;

/**
 * The text of the first `<title>` of an HTML document, blanks collapsed; null when it has none. By the tokenizer alone,
 * which takes linear time; the parser’s stack of open elements does not.
 */
export function titleOf(html: string): string | null {
  const text = html.slice(0, LOOKED_AT);
  let inside = false;
  let title: string | null = null;
  const parts: string[] = [];
  const add = (part: string) => {
    if (inside) parts.push(part);
  };
  const nothing = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      ontext: (start, end) => add(text.slice(start, end)),
      ontextentity: (codepoint) => add(String.fromCodePoint(codepoint)),
      onopentagname: (start, end) =>
        void (inside = title === null && text.slice(start, end).toLowerCase() === 'title'),
      onclosetag(start, end) {
        if (!inside || text.slice(start, end).toLowerCase() !== 'title') return;
        inside = false;
        title = parts.join('').replace(/\s+/g, ' ').trim().slice(0, LONGEST_TITLE);
        tokenizer.pause();
      },
      onattribdata: nothing,
      onattribentity: nothing,
      onattribend: nothing,
      onattribname: nothing,
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onend: nothing,
      onopentagend: nothing,
      onprocessinginstruction: nothing,
      onselfclosingtag: nothing,
    },
  );
  tokenizer.write(text);
  tokenizer.end();
  return title;
}
