// How the command ends: every code and what it stands for, shown by --help and documented in docs/command-line.md.

/** The exit codes of every command. */
export const exitCodes = {
  success: 0,
  /** Something failed that is not named below. */
  failure: 1,
  /** Wrong arguments or a configuration that cannot be accepted. */
  usage: 2,
  /** The run ended because its loss is no longer finite. */
  diverged: 3,
  /** The run was stopped before its end; a checkpoint was written. */
  stopped: 4,
  /** The port or the run's folder is in use. */
  busy: 5,
  /** The coordinator cannot be reached or refuses this worker. */
  refused: 6,
  /** Records differ from their computation, or two runs from each other. */
  different: 7,
  /** A second Ctrl-C, or SIGTERM twice: ended at once. */
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error for the person at the terminal: one line, a stable code, an exit code. */
export class CommandError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.exitCode = exitCode;
  }
}

const byCode: Readonly<Record<string, ExitCode>> = {
  EADDRINUSE: exitCodes.busy,
  'port-busy': exitCodes.busy,
  'run-locked': exitCodes.busy,
  'run-exists': exitCodes.busy,
  'run-absent': exitCodes.usage,
  'run-different': exitCodes.usage,
  'configuration-invalid': exitCodes.usage,
  'configuration-override': exitCodes.usage,
  'program-over-limit': exitCodes.usage,
  'program-shape': exitCodes.usage,
  'plugin-invalid': exitCodes.usage,
  'plugin-failed': exitCodes.usage,
  'plugin-absent': exitCodes.usage,
  'plugin-different': exitCodes.usage,
};

/** The exit code of an error: that of a CommandError, or of a known error code. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  const code = codeOf(error);
  if (code.startsWith('commander.')) return exitCodes.usage;
  return byCode[code] ?? exitCodes.failure;
}

/** The stable code of an error, or `internal-error`. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'internal-error';
  return typeof error.code === 'string' ? error.code : 'internal-error';
}
