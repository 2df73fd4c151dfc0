// A lease as its worker is told of it.

import type { Lease, Segment } from '../../protocol/index.js';
import type { TreeNode } from '../../tensor/index.js';
import type { SegmentRequest } from './events.js';
import type { Job } from './job.js';

/** A message and its payload. */
export interface LeaseMessage {
  readonly message: Lease | Segment;
  readonly payload?: Float32Array;
}

/** What a worker is told of a lease on a node; of the whole job, where the job is a segment. */
export function leaseMessage(
  { jobId, request, stepCount }: Job,
  {
    leaseId,
    node,
    deadlineMilliseconds,
  }: { readonly leaseId: number; readonly node: TreeNode; readonly deadlineMilliseconds: number },
): LeaseMessage {
  const { kind, step, programSha256, parametersSha256, key, microbatchCount, parameters, segment } = request;
  const common = { leaseId, jobId, step, programSha256, parametersSha256, microbatchCount, deadlineMilliseconds };
  if (stepCount === undefined || segment === undefined) {
    return { message: { type: 'lease', ...common, kind, key, begin: node.begin, end: node.end } };
  }
  const { updateSha256, scalarCount, digestEvery, digestsSums } = segment;
  const how = { updateSha256, key: segment.key, scalarCount, digestEvery, digestsSums };
  return {
    message: { type: 'segment', ...common, ...how, stepCount },
    payload: segmentPayload(parameters, segment, { step, stepCount }),
  };
}

/** State and scalars, in the order of protocol/segment-payload.ts. */
function segmentPayload(
  parameters: Float32Array,
  { optimizerState, scalarCount, scalars }: SegmentRequest,
  { step, stepCount }: { readonly step: number; readonly stepCount: number },
): Float32Array {
  const stateEnd = parameters.length + optimizerState.length;
  const payload = new Float32Array(stateEnd + stepCount * scalarCount);
  payload.set(parameters);
  payload.set(optimizerState, parameters.length);
  for (let index = 0; index < stepCount; index++) payload.set(scalars(step + index), stateEnd + index * scalarCount);
  return payload;
}
