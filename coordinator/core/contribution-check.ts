// Whether a contribution is what its lease asked for. A wrong one is refused with its worker: an honest worker never sends one.

import {
  bytesOfFloats,
  readStepRecord,
  segmentLayout,
  segmentResultLength,
  type Contribution,
  type SegmentLayout,
} from '../../protocol/index.js';
import { isFiniteBits as isFinite } from '../../tensor/index.js';
import type { Refusal } from './admission.js';
import type { Job } from './job.js';
import type { RunProgram } from './options.js';
import type { LeaseRecord } from './workers.js';

/** What a contribution is checked against. */
export interface ContributionContext {
  readonly job: Job;
  readonly lease: LeaseRecord;
  readonly programs: readonly RunProgram[];
  readonly digest: (bytes: Uint8Array) => string;
}

/** What is wrong with a contribution to an open lease; undefined where nothing is. */
export function checkContribution(
  message: Contribution,
  payload: Float32Array | undefined,
  { job, lease, programs, digest }: ContributionContext,
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
  if (message.stepCount !== job.stepCount) {
    const wanted = job.stepCount === undefined ? 'a sum' : `a segment of ${job.stepCount} steps`;
    return refuse('contribution-mismatch', `${message.stepCount ?? 'no'} steps found, ${wanted} wanted`);
  }
  if (!message.finite) return undefined;
  const layout = job.stepCount === undefined ? undefined : segmentLayout(programs, job.request.segment?.scalarCount ?? 0);
  const outputLength = layout === undefined ? outputLengthOf(job, programs) : segmentResultLength(layout, job.stepCount ?? 0);
  if (payload?.length !== outputLength) {
    return refuse('payload-length', `${payload?.length ?? 0} numbers found, ${outputLength} wanted`);
  }
  if (digest(bytesOfFloats(payload)) !== message.payloadSha256) {
    return refuse('payload-digest', `a payload found that does not have the digest ${message.payloadSha256.slice(0, 12)}…`);
  }
  if (!isFinite(payload)) return refuse('contribution-mismatch', 'an infinite or undefined number found, finite ones wanted');
  if (layout !== undefined && !isOneState(payload, { layout, stepCount: job.stepCount ?? 0, digest })) {
    return refuse('contribution-mismatch', 'a segment found whose parameters do not have its last digest');
  }
  return undefined;
}

const outputLengthOf = ({ request }: Job, programs: readonly RunProgram[]): number =>
  programs.find(({ sha256 }) => sha256 === request.programSha256)?.outputLength ?? 0;

/** Whether a segment's parameters are those that its last record tells of. */
function isOneState(
  result: Float32Array,
  {
    layout,
    stepCount,
    digest,
  }: { readonly layout: SegmentLayout; readonly stepCount: number } & Pick<ContributionContext, 'digest'>,
): boolean {
  const { parametersSha256 } = readStepRecord(result, layout, stepCount - 1);
  return parametersSha256 === digest(bytesOfFloats(result.subarray(0, layout.parameterCount)));
}

export { isFinite };
