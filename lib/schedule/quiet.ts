import type { Hold } from '../words/policy.ts';
import type { Selectable, Silence } from '../words/silence.ts';
import type { Window } from '../words/window.ts';
import { silenceFor } from './silence.ts';

/** Whether a service is to be left in peace, and why. */
export type Quiet = (service: Selectable & { readonly maintenance: readonly Window[] }) => Hold | null;

export interface QuietInput {
  readonly silences: readonly Silence[];
  /** ms since 1970: every service is judged by the same moment */
  readonly now: number;
  /** of windows that name none */
  readonly zone: string;
  /** the windows of all services that will be asked about: without any, no calendar is loaded */
  readonly windows: readonly (readonly Window[])[];
}

/** Maintenance windows and silences as one answer: of both, the one that lasts longer. */
export async function prepareQuiet({ silences, now, zone, windows }: QuietInput): Promise<Quiet> {
  const calendar = windows.some((list) => list.length > 0)
    ? (await import('./calendar.ts')).createCalendar(zone)
    : null;
  return (service) => {
    const silence = silenceFor(service, silences, now);
    const silenced = silence === null ? null : holdOfSilence(silence);
    const open = calendar?.windowAt(service.maintenance, now) ?? null;
    if (open === null) return silenced;
    const until = open.until === null ? null : new Date(open.until).toISOString();
    const maintained: Hold = { kind: 'maintenance', cause: open.cause, until };
    if (silenced === null || until === null) return maintained;
    return Date.parse(silenced.until ?? '') > Date.parse(until) ? silenced : maintained;
  };
}

/** The note, and who wants it. */
function holdOfSilence({ note, by, until }: Silence): Hold {
  return { kind: 'silence', cause: note === null ? `silenced by ${by}` : `${note} (${by})`, until };
}
