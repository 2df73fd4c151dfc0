// Who may join: versions, join token and class of arithmetic, with its proof; and what a joining worker is told.

import {
  checkVersions,
  ProtocolError,
  contractVersion,
  numericsProfile,
  protocolVersion,
  type ErrorCode,
  type Hello,
  type Welcome,
} from '../../protocol/index.js';
import type { AdmissionOptions, CoreOptions, RunProgram } from './options.js';

/** Why a worker is not wanted. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Why this worker may not join beside `workerCount` others; undefined where it is welcome. */
export function refusalOf(hello: Hello, options: AdmissionOptions, workerCount: number): Refusal | undefined {
  const refuse = (code: ErrorCode, found: string): Refusal => ({ code, message: `Cannot join: ${found}` });
  try {
    checkVersions(hello);
  } catch (error) {
    if (error instanceof ProtocolError) return { code: error.code, message: error.message };
    throw error;
  }
  if (!options.acceptsToken(hello.token)) {
    return refuse('unauthorized', `${hello.token === undefined ? 'no join token' : 'a wrong join token'}, wanted the run's`);
  }
  const flaw = flawOfArithmetic(hello, options);
  if (flaw !== undefined) return refuse('proof-failed', flaw);
  if (workerCount >= options.workerLimit) {
    return refuse('too-many-workers', `${workerCount} workers have joined, the limit is ${options.workerLimit}`);
  }
  return undefined;
}

/** Why a worker's arithmetic will not do. A worker that calls itself tolerant has nothing to prove: the run says that it counts. */
function flawOfArithmetic({ arithmetic, proof }: Hello, options: AdmissionOptions): string | undefined {
  if (arithmetic === 'tolerant') {
    return options.admitsTolerant ? undefined : 'tolerant arithmetic, wanted exact: this run admits exact workers only';
  }
  for (const part of ['conformance', 'microbatch'] as const) {
    if (proof[part] === options.proof[part]) continue;
    return `${part} digest ${proof[part].slice(0, 12)}…, wanted ${options.proof[part].slice(0, 12)}…`;
  }
  return undefined;
}

/** The programs that a worker can use. */
export const programsFor = ({ programs }: CoreOptions, hello: Hello): readonly RunProgram[] =>
  programs.filter(({ role }) => role !== 'update' || hello.segments === true);

/**
 * What of that it is sent at once: of several programs of one role only `current`, because a curriculum's other stages are over or far
 * away, and a worker keeps one of a role at a time.
 */
export function programsAtOnce(programs: readonly RunProgram[], current: RunProgram | undefined): readonly RunProgram[] {
  return programs.filter((program) => program === current || !isStaged(program, programs));
}

/** Whether a program is one of several of its role, each of which has its time. */
export const isStaged = ({ role }: RunProgram, programs: readonly RunProgram[]): boolean =>
  programs.filter((other) => other.role === role).length > 1;

/** The first message to a worker that may join. */
export function welcomeOf(options: CoreOptions, hello: Hello): Welcome {
  const { runId, microbatchSize, heartbeatMilliseconds } = options;
  const entries = programsFor(options, hello).map(({ role, sha256, bytes, inputLength, outputLength }) => {
    return { role, sha256, byteLength: bytes.byteLength, inputLength, outputLength };
  });
  const versions = { protocolVersion, contractVersion, profile: numericsProfile };
  return { type: 'welcome', runId, ...versions, programs: entries, microbatchSize, heartbeatMilliseconds };
}

/** The refusal of a message that is not allowed at this point of the conversation. */
export function unexpected(found: string, wanted: string): Refusal {
  return { code: 'unexpected-message', message: `Cannot accept message: ${found} found, ${wanted}` };
}

/** The refusal of a contribution that contradicts its lease. */
export function mismatch(found: string): Refusal {
  return { code: 'contribution-mismatch', message: `Cannot accept contribution: ${found}` };
}
