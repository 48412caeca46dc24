import type { Reported } from './reported.ts';

/** What `-o` takes. */
export const FORMATS = ['human', 'json', 'ndjson', 'nagios', 'tap', 'junit', 'prometheus'] as const;
export type Format = (typeof FORMATS)[number];

export type Render = (results: readonly Reported[], options: { readonly color: boolean }) => string;

/** Loads one format alone. */
export async function loadFormat(format: Format): Promise<Render> {
  switch (format) {
    case 'human':
      return (await import('./human.ts')).renderHuman;
    case 'json':
      return (await import('./json.ts')).renderJson;
    case 'ndjson':
      return (await import('./ndjson.ts')).renderNdjson;
    case 'nagios':
      return (await import('./nagios.ts')).renderNagios;
    case 'tap':
      return (await import('./tap.ts')).renderTap;
    case 'junit':
      return (await import('./junit.ts')).renderJunit;
    case 'prometheus':
      return (await import('./prometheus.ts')).renderPrometheus;
  }
}
