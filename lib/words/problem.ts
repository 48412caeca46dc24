/** A user’s mistake: one line, no stack, the exit code that says what kind. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** sysexits(3), and puptime’s own use of them. */
export const EXIT = {
  ok: 0,
  hookFailed: 1,
  usage: 64,
  noInput: 66,
  unavailable: 69,
  internal: 70,
  io: 74,
  locked: 75,
  notPermitted: 77,
  config: 78,
  interrupted: 130,
  terminated: 143,
} as const;
