import type { FactTable } from '../../../words/fact.ts';
import type { ProbeContext } from '../../prober.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

/** Status, head and body of the last answer, and the way to it. */
export const HTTP_FACTS = {
  status: { kind: 'number', code: 'status', meaning: 'status code of the last answer, after redirects' },
  version: { kind: 'word', meaning: 'version of HTTP: "1.0", "1.1", "2" or "3"' },
  headers: {
    kind: 'map',
    big: true,
    meaning: 'header fields by lower-case name; repeated ones joined, set-cookie a list',
  },
  body: {
    kind: 'text',
    big: true,
    meaning: 'the body, unpacked, its first `max_body` bytes; absent after HEAD',
  },
  json: {
    kind: 'json',
    big: true,
    meaning: 'the body as JSON; absent when it is none or longer than `max_body`',
  },
  title: { kind: 'text', meaning: 'text of the first <title> of an HTML page; absent without one' },
  redirects: { kind: 'number', meaning: 'redirects followed' },
  hops: { kind: 'list', meaning: 'the URL of each redirect followed, in order' },
  url: { kind: 'word', meaning: 'URL of the last answer, without user and password' },
  size: { kind: 'number', unit: 'bytes', meaning: 'length of the body, unpacked; absent after HEAD' },
  ip: { kind: 'word', meaning: 'address that gave the last answer; absent where a proxy resolves the name' },
  steps: {
    kind: 'records',
    meaning:
      'with `steps`: each step taken, the one that failed included: name, url, status (null when there was none)',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export type HttpContext = ProbeContext<typeof HTTP_FACTS>;
