import { Fault } from '../prober.ts';

/** For `catch`: lets every error pass, but says of a timeout what else the silence may mean. */
export function explainSilence(hint: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Fault) || error.finding.code !== 'timeout') throw error;
    throw new Fault({ ...error.finding, text: `${error.finding.text} (${hint})` });
  };
}
