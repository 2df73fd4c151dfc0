// A tree node of which one word is not enough: what workers claim its sum to be, until enough of them have spoken.
//
//   non-finite   a worker calls the sum infinite or not a number
//   recheck      a volunteer's sum, drawn by lot or because little is known of the volunteer
//   audit        a GPU's sum: now and then another kind of device computes it too

import type { TreeNode } from '../../tensor/index.js';
import type { WorkerRecord } from './workers.js';

/** What one worker says of a node. */
export interface Claim {
  readonly worker: WorkerRecord;
  /** Undefined where it is infinite or not a number. */
  readonly sum: Float32Array | undefined;
  readonly sha256: string;
}

/** Why one word is not enough. */
export type OpinionReason = 'non-finite' | 'recheck' | 'audit';

/** A node and what has been said of it; until it is decided, its sum is no part of the job's. */
export interface SecondOpinion {
  readonly node: TreeNode;
  readonly reason: OpinionReason;
  /** The first one first. */
  readonly claims: Claim[];
  /** The lease that will tell more; undefined while nobody has it. */
  leaseId: number | undefined;
  /** How many claims there were when it was looked at last. */
  seenCount: number;
  /** Whether people have been told that nobody is there to decide it. */
  isTold: boolean;
}

/** Relative L2 distance within which a tolerant worker's sum confirms another. */
const tolerantDistance = 1e-5;

/** Whether two claims say the same: bit for bit, or closely where one of the workers is tolerant. */
export function agree(a: Claim, b: Claim): boolean {
  if (a.sum === undefined || b.sum === undefined) return a.sum === b.sum;
  if (a.sha256 === b.sha256) return true;
  const areExact = a.worker.hello.arithmetic === 'exact' && b.worker.hello.arithmetic === 'exact';
  return !areExact && areClose(a.sum, b.sum);
}

function areClose(a: Float32Array, b: Float32Array): boolean {
  let [distance, norm] = [0, 0];
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? Number.NaN);
    distance += difference * difference;
    norm += value * value;
  }
  return distance <= tolerantDistance * tolerantDistance * norm;
}

/** The claims in groups that agree with each other; the group of the first claim first. */
export function sidesOf(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  const sides: [Claim, ...Claim[]][] = [];
  for (const claim of claims) {
    const side = sides.find(([first]) => agree(first, claim));
    if (side === undefined) sides.push([claim]);
    else side.push(claim);
  }
  return sides;
}

/** Whether a worker has said what it thinks of the node, over whatever connection. */
export function hasClaimed({ claims }: SecondOpinion, worker: WorkerRecord): boolean {
  return claims.some((claim) => claim.worker.hello.workerId === worker.hello.workerId);
}
