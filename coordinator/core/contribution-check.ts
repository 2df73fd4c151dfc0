// Whether a contribution is what its lease asked for. A wrong one is refused with its worker: an honest worker never sends one.

import { bytesOfFloats, type Contribution } from '../../protocol/index.js';
import { isFiniteBits as isFinite } from '../../tensor/index.js';
import type { Refusal } from './admission.js';
import type { Job } from './job.js';
import type { LeaseRecord } from './workers.js';

/** What a contribution is checked against. */
export interface ContributionContext {
  readonly job: Job;
  readonly lease: LeaseRecord;
  readonly outputLength: number;
  readonly digest: (bytes: Uint8Array) => string;
}

/** What is wrong with a contribution to an open lease; undefined where nothing is. */
export function checkContribution(
  message: Contribution,
  payload: Float32Array | undefined,
  { job, lease, outputLength, digest }: ContributionContext,
): Refusal | undefined {
  const { step } = job.request;
  const refuse = (code: Refusal['code'], found: string): Refusal => ({
    code,
    message: `Cannot accept contribution for step ${step}: ${found}`,
  });
  if (message.jobId !== job.jobId) {
    return refuse('contribution-mismatch', `job ${message.jobId} found, job ${job.jobId} wanted`);
  }
  if (message.begin !== lease.node.begin || message.end !== lease.node.end) {
    const wanted = `[${lease.node.begin}, ${lease.node.end})`;
    return refuse('contribution-mismatch', `microbatches [${message.begin}, ${message.end}) found, ${wanted} wanted`);
  }
  if (message.parametersSha256 !== job.request.parametersSha256) {
    const wanted = `those of step ${step} wanted`;
    return refuse('contribution-mismatch', `parameters ${message.parametersSha256.slice(0, 12)}… found, ${wanted}`);
  }
  if (!message.finite) return undefined;
  if (payload?.length !== outputLength) {
    return refuse('payload-length', `${payload?.length ?? 0} numbers found, ${outputLength} wanted`);
  }
  if (digest(bytesOfFloats(payload)) !== message.payloadSha256) {
    return refuse('payload-digest', `a payload found that does not have the digest ${message.payloadSha256.slice(0, 12)}…`);
  }
  if (!isFinite(payload)) return refuse('contribution-mismatch', 'an infinite or undefined number found, finite ones wanted');
  return undefined;
}

export { isFinite };
