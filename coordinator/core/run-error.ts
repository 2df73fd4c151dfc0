// What can go wrong with a run on this machine, for the person who started it.

/** `docs/errors.md` lists the meaning of each. */
export type RunErrorCode =
  | 'port-busy'
  | 'address-unavailable'
  | 'run-locked'
  | 'run-exists'
  | 'run-absent'
  | 'run-version'
  | 'run-damaged'
  | 'run-different'
  | 'run-unwritable'
  | 'checkpoint-malformed'
  | 'trajectory-mismatch';

/** A run that cannot start, or cannot go on, because of the world around it. */
export class RunError extends Error {
  readonly code: RunErrorCode;

  constructor(code: RunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RunError';
    this.code = code;
  }
}
