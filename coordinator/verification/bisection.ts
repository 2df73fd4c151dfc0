// Where two runs part: the first common link of their trajectories that differs, and the first tree node of the steps before it.

import type { TreeNode } from '../../tensor/index.js';
import type { TrajectoryEntry } from '../core/records.js';
import type { JobRecord } from './step-records.js';

/** By what two trajectories are compared: a chain tells of everything before it, but only where both have the same links. */
export type LinkComparison = 'chain' | 'parametersSha256';

/** How far two trajectories go together. */
export interface CommonTrajectory {
  /** The first and the last common step; undefined where there is none. */
  readonly common: { readonly from: number; readonly to: number } | undefined;
  readonly comparedBy: LinkComparison;
  /** The last common step before the difference; undefined where the first one differs. */
  readonly lastEqualStep: number | undefined;
  readonly divergence: { readonly step: number; readonly a: TrajectoryEntry; readonly b: TrajectoryEntry } | undefined;
}

/** Finds the first common step at which two trajectories differ. */
export function compareTrajectories(
  a: readonly TrajectoryEntry[],
  b: readonly TrajectoryEntry[],
  comparedBy: LinkComparison,
): CommonTrajectory {
  const ofB = new Map(b.map((entry) => [entry.step, entry]));
  const pairs = a.flatMap((entry) => {
    const other = ofB.get(entry.step);
    return other === undefined ? [] : [{ a: entry, b: other }];
  });
  const differs = (index: number): boolean => pairs[index]?.a[comparedBy] !== pairs[index]?.b[comparedBy];
  // Behind the first different chain all are different; of digests that is not certain.
  const index = comparedBy === 'chain' ? firstOfSorted(pairs.length, differs) : pairs.findIndex((_, at) => differs(at));
  const [first, last, pair] = [pairs[0], pairs.at(-1), pairs[index]];
  return {
    common: first === undefined || last === undefined ? undefined : { from: first.a.step, to: last.a.step },
    comparedBy,
    lastEqualStep: pairs[pair === undefined ? pairs.length - 1 : index - 1]?.a.step,
    divergence: pair === undefined ? undefined : { step: pair.a.step, ...pair },
  };
}

/** The first index below `count` for which a predicate holds that then holds for all later ones; −1 where there is none. */
function firstOfSorted(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low === count ? -1 : low;
}

/** What a worker gave for a tree node. */
export interface NodeOrigin {
  readonly worker: string;
  readonly sha256: string;
}

/** How the contributions of two runs compare. */
export interface NodeComparisonOfRuns {
  /** Steps that both logs have, and tree nodes that both have in them. */
  readonly jobCount: number;
  readonly nodeCount: number;
  readonly divergence:
    { readonly step: number; readonly node: TreeNode; readonly a: NodeOrigin; readonly b: NodeOrigin } | undefined;
}

/** Finds the first tree node with different digests in the steps [from, to) of two logs; only nodes of the same range are comparable. */
export async function compareContributions(
  a: AsyncIterable<JobRecord>,
  b: AsyncIterable<JobRecord>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<NodeComparisonOfRuns> {
  const jobsOfB = trainingJobs(b, from, to);
  let [jobCount, nodeCount] = [0, 0];
  let other = await jobsOfB.next();
  try {
    for await (const job of trainingJobs(a, from, to)) {
      while (other.done !== true && other.value.step < job.step) other = await jobsOfB.next();
      if (other.done === true) break;
      if (other.value.step !== job.step) continue;
      const pairs = commonNodes(job, other.value);
      jobCount += 1;
      nodeCount += pairs.length;
      const different = pairs.find((pair) => pair.a.sha256 !== pair.b.sha256);
      if (different !== undefined) return { jobCount, nodeCount, divergence: { step: job.step, ...different } };
    }
  } finally {
    await jobsOfB.return(undefined);
  }
  return { jobCount, nodeCount, divergence: undefined };
}

async function* trainingJobs(jobs: AsyncIterable<JobRecord>, from: number, to: number): AsyncGenerator<JobRecord, undefined> {
  for await (const job of jobs) {
    if (job.step >= to) return undefined;
    if (job.kind === 'train' && job.step >= from) yield job;
  }
  return undefined;
}

/** The nodes that two jobs have in common, from left to right. */
function commonNodes(
  a: JobRecord,
  b: JobRecord,
): readonly { readonly node: TreeNode; readonly a: NodeOrigin; readonly b: NodeOrigin }[] {
  return a.contributions.flatMap(({ begin, end, workerId, sha256 }) => {
    const other = b.contributions.find((one) => one.begin === begin && one.end === end);
    if (other === undefined) return [];
    const origin = { worker: other.workerId, sha256: other.sha256 };
    return [{ node: { begin, end }, a: { worker: workerId, sha256 }, b: origin }];
  });
}
