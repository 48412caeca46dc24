import type { FactTable } from '../../words/fact.ts';
import { type Prober, fail } from '../prober.ts';
import { refuseForm } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';
import { decodeIpp, encodePrinterQuestion, statusWord } from './ipp/ipp-message.ts';
import { printerFacts } from './ipp/printer-facts.ts';

const FACTS = {
  state: {
    kind: 'word',
    code: 'status',
    meaning: 'idle, processing or stopped; absent when the server refuses the question',
  },
  accepting: { kind: 'bool', code: 'status', meaning: 'whether the printer takes jobs' },
  reasons: {
    kind: 'list',
    meaning:
      'why it is in its state, in the words of IPP: media-empty-error, toner-low-warning, paused …; empty when all is well',
  },
  problems: { kind: 'number', code: 'status', meaning: 'how many of them are warnings or errors' },
  jobs: { kind: 'number', meaning: 'jobs that wait or are printed' },
  name: { kind: 'word', meaning: 'name of the printer' },
  model: { kind: 'text', meaning: 'its make and model' },
  ipp_status: {
    kind: 'word',
    code: 'status',
    codes: { 'server-error-busy': 'overloaded' },
    meaning: 'how the server answers: successful-ok, client-error-not-found (no such printer) …',
  },
  ...PRESET_FACTS,
} as const satisfies FactTable;

const LOGIN_REFUSED: readonly number[] = [0x0401, 0x0402, 0x0403];

export const ipp: Prober<PresetOptions, typeof FACTS> = {
  type: 'ipp',
  proves:
    'The printer (or its queue in CUPS) is not stopped and takes jobs. One request, Get-Printer-Attributes; nothing is printed.',
  schemes: [
    ...presetSchemes('ipp', 631),
    // The one of them whose scheme with TLS has a name of its own (RFC 7472).
    { scheme: 'ipps', port: 631, tls: true, shape: 'path' },
  ],
  example: 'ipp://print.example.org/printers/office',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: 'the printer is stopped, takes no jobs, or is not there: `reasons` and `ipp_status` say why',
    overloaded: 'the server says that it is busy',
    auth: 'the login was refused',
  },
  defaults: (_options, scheme) => ({
    expect: {
      status: 200,
      ipp_status: { matches: '^successful-ok' },
      state: { any_of: ['idle', 'processing', { exists: false }] },
      accepting: { any_of: [true, { exists: false }] },
    },
    prefer: presetPrefer(scheme, { problems: { any_of: [0, { exists: false }] } }),
  }),
  prepare: preparePreset({ path: 'name' }, async ({ ask, context, path, uri }) => {
    // Where printers themselves have it (RFC 8011 §4.4.2, PWG 5100.12).
    const printer = path === '' ? 'ipp/print' : path;
    const at = `/${printer.split('/').map(encodeURIComponent).join('/')}`;
    const body = encodePrinterQuestion(`${uri}${at}`);
    const answer = await ask(at, { method: 'POST', body, type: 'application/ipp' });
    context.see({ status: answer.status });
    const message = decodeIpp(answer.bytes);
    if (message === null) return refuseForm(answer, 'a printer', 'message of IPP');
    context.see({ ipp_status: statusWord(message.status) });
    if (LOGIN_REFUSED.includes(message.status))
      fail('auth', 'auth', `the login was refused (${statusWord(message.status)})`);
    if (message.status < 0x0100) context.see(printerFacts(message));
  }),
};
