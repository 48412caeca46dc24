import type { Lab } from './lab.ts';
import type { Evidence } from './oracle.ts';
import type { Ended, ProgramStart } from './program-run.ts';

/** A piece of a lab’s life in which one run is to be disturbed, and all that must have been heard in the end. */
export interface Scenario extends Pick<Evidence, 'expected' | 'lanes' | 'upAtEnd' | 'forgetful'> {
  readonly name: string;
  /** default those of the lab */
  readonly services?: readonly string[];
  /** brings the lab to where the disturbed run begins; default nothing: it is the first run ever */
  readonly prepare?: (lab: Lab) => Promise<void>;
  /** the run that is disturbed: `start` is for that one, whatever else runs beside it; default `puptime run` */
  readonly disturbed?: (lab: Lab, start: ProgramStart) => Promise<Ended>;
  /** what is disturbed, where that is not a `run` like the others */
  readonly program?: string;
  /** what happens to the world afterwards; default nothing */
  readonly afterwards?: (lab: Lab) => void;
  /**
   * One clean round, as often as needed: gives its end, the bad one of several programs’. `start` is for the first of
   * them. Default `puptime run`.
   */
  readonly clean?: (lab: Lab, start: ProgramStart) => Promise<Ended>;
  /** hooks fail on purpose, so that the exit code of the disturbed run says nothing */
  readonly fails?: boolean;
}
