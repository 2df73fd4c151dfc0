// Who may join: versions, join token and proof of exact arithmetic; and what a joining worker is told.

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
import type { AdmissionOptions, CoreOptions } from './options.js';

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
  for (const part of ['conformance', 'microbatch'] as const) {
    if (hello.proof[part] === options.proof[part]) continue;
    const found = `${part} digest ${hello.proof[part].slice(0, 12)}…, wanted ${options.proof[part].slice(0, 12)}…`;
    return refuse('proof-failed', found);
  }
  if (workerCount >= options.workerLimit) {
    return refuse('too-many-workers', `${workerCount} workers have joined, the limit is ${options.workerLimit}`);
  }
  return undefined;
}

/** The first message to a worker that may join. */
export function welcomeOf({ runId, programs, microbatchSize, heartbeatMilliseconds }: CoreOptions): Welcome {
  const entries = programs.map(({ role, sha256, bytes, inputLength, outputLength }) => {
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
