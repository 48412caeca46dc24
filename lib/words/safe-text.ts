/** Cut text ends with this. */
const ELLIPSIS = '…';

// Spelt as text, because a pattern literal must not hold control characters.
const UNSAFE_RANGES = [
  '\\u0000-\\u001f\\u007f-\\u009f', // C0, DEL, C1
  '\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069', // line ends, bidirectional controls
  '\\u200b-\\u200f\\u2060-\\u2065\\u206a-\\u206f\\ufeff\\ufff9-\\ufffb', // invisible
].join('');
const LONE_SURROGATES = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const UNSAFE = globalPattern(`[${UNSAFE_RANGES}]|${LONE_SURROGATES}`);
const NEWLINE_OR_TAB = /^[\n\t]$/;

/** Foreign text as one harmless line: controls and line ends become spaces, cut to `max` characters. */
export function safeLine(text: string, max = 200): string {
  return cut(
    text
      .slice(0, max * 4 + 64)
      .replace(UNSAFE, ' ')
      .replace(/ {2,}/g, ' ')
      .trim(),
    max,
  );
}

/** Foreign text that may have lines: line ends and tabs stay, every other control becomes U+FFFD. CRLF becomes LF. */
export function safeText(text: string, max = 2048): string {
  const lines = text.slice(0, max + 64).replace(/\r\n?/g, '\n');
  return cut(
    lines.replace(UNSAFE, (character) => (NEWLINE_OR_TAB.test(character) ? character : '\ufffd')),
    max,
  );
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  return (/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept) + ELLIPSIS;
}

function globalPattern(source: string): RegExp {
  return RegExp(source, 'g');
}
