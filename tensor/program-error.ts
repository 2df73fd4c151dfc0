// What is wrong with a program, for whoever built or sent it.

/** Stable codes of program errors. */
export type ProgramErrorCode =
  | 'program-malformed'
  | 'program-shape'
  | 'program-stage'
  | 'program-region'
  | 'program-not-differentiable'
  | 'program-over-limit';

/** A program that cannot be accepted: which operation, what was found, what was wanted. */
export class ProgramError extends Error {
  readonly code: ProgramErrorCode;

  constructor(code: ProgramErrorCode, message: string) {
    super(message);
    this.name = 'ProgramError';
    this.code = code;
  }
}
