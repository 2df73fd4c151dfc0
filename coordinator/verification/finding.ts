// What a verification finds, in words and for programs.

import type { TreeNode } from '../../tensor/index.js';

/** What a finding is about. The first group is damage: a file is not what was written. In the second a record differs from the computation. */
export type FindingType =
  | 'damaged-line'
  | 'missing-lines'
  | 'damaged-file'
  | 'damaged-checkpoint'
  /** A checkpoint is whole, but not the state at its step. */
  | 'different-checkpoint'
  /** A logged digest is not that of the node's sum, and the parameters after the step are right. */
  | 'altered-contribution'
  /** A logged digest is not that of the node's sum, and nothing recorded tells whether the sum was used. */
  | 'different-contribution'
  /** A wrong sum was committed. */
  | 'wrong-sum'
  /** Recorded parameters differ though all logged sums agree, and the run went on from the right ones. */
  | 'altered-trajectory'
  /** Recorded parameters differ though all logged sums agree. */
  | 'different-parameters'
  /** Another recorded number differs: a loss, a measure, a held-out sum, the result. */
  | 'different-record';

/** A difference between a run's records and its computation, or damage to the records. */
export interface Finding {
  readonly type: FindingType;
  /** Of a job, the steps before it; of a state, the steps that led to it. */
  readonly step: number;
  readonly node?: TreeNode;
  readonly worker?: string;
  /** Relative to the run's folder. */
  readonly file?: string;
  readonly line?: number;
  readonly found: string;
  readonly wanted: string;
  readonly message: string;
}

/** What a verification says in the end. */
export type Verdict = 'confirmed' | 'different' | 'damaged';

const damages: ReadonlySet<FindingType> = new Set(['damaged-line', 'missing-lines', 'damaged-file', 'damaged-checkpoint']);

/** The verdict of some findings: damage alone is no difference of the computation. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.length === 0) return 'confirmed';
  return findings.every(({ type }) => damages.has(type)) ? 'damaged' : 'different';
}

/** A range of microbatches for people. */
export const describeNode = ({ begin, end }: TreeNode): string => `microbatches [${begin}, ${end})`;

/** The beginning of a digest, for people. */
export const shortDigest = (sha256: string): string => `${sha256.slice(0, 12)}…`;
