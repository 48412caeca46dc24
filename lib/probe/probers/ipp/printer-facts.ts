import type { IppMessage } from './ipp-message.ts';

/** RFC 8011 §5.4.11. */
const STATES: { readonly [state: number]: string } = { 3: 'idle', 4: 'processing', 5: 'stopped' };

/** The facts of a printer; what it does not tell is left out. */
export function printerFacts({ attributes }: IppMessage) {
  const values = (name: string) => attributes.get(name) ?? [];
  const number = (name: string): number | null => {
    const [value] = values(name);
    return value?.bytes.length === 4 ? value.bytes.readInt32BE() : null;
  };
  const texts = (name: string) => values(name).map(({ bytes }) => bytes.toString('utf8', 0, 1024));
  const state = number('printer-state');
  const [accepting] = values('printer-is-accepting-jobs');
  const reasons = texts('printer-state-reasons').filter((reason) => reason !== 'none');
  return {
    state: state === null ? null : (STATES[state] ?? String(state)),
    accepting: accepting?.bytes.length === 1 ? accepting.bytes[0] === 1 : null,
    reasons,
    // A reason without severity is an error (RFC 8011 §5.4.12); paused is a state, told by that.
    problems: reasons.filter((reason) => !reason.endsWith('-report') && reason !== 'paused').length,
    jobs: number('queued-job-count'),
    name: texts('printer-name')[0] ?? null,
    model: texts('printer-make-and-model')[0] ?? null,
  };
}
