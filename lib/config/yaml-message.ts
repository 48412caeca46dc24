import { safeLine } from '../words/safe-text.ts';
import { TOO_DEEP } from './parsed-text.ts';

/** What is wrong with a text that is no YAML, for people. `code` and `message` are yaml’s own. */
export function yamlMessage(code: string, message: string, text: string, offset: number): string {
  if (text[offset] === '{' && text[offset - 1] === '$') {
    const written = /^\{[^}\n]{0,60}\}/.exec(text.slice(offset, offset + 64))?.[0] ?? '{NAME}';
    const reference = safeLine(`$${written}`);
    return `saw ${reference} inside [ ] or { } without quotes, expected "${reference}" (with what stands around it)`;
  }
  switch (code) {
    case 'TAG_RESOLVE_FAILED':
      return 'saw a tag (!…), expected none: they have no meaning here';
    case 'RESOURCE_EXHAUSTION':
      return TOO_DEEP;
    case 'MULTIPLE_DOCS':
      return 'saw a second document after ---, expected one in a file';
    case 'TAB_AS_INDENT':
      return 'saw a tab as indentation, expected spaces';
    case 'NON_STRING_KEY':
      return 'saw a list or map as a key, expected a word';
    default:
      return `no valid YAML: ${safeLine(message.split('\n')[0] ?? '')}`;
  }
}
