// Whether one group of runs ends lower than another: decided by their seeds, none of which may say otherwise.

import type { Verdict } from '../findings.js';
import { formatNumber, formatSpread } from '../spread.js';
import { lossesOf, lossSpread, type ArchitectureGroup } from './groups.js';

/** Seeds that a claim needs in each group. */
export const claimSeeds = 3;

/** How two groups of runs stand to each other. */
export interface GroupComparison {
  /** Undecided where seeds are too few or disagree. */
  readonly relation: 'lower' | 'higher' | 'undecided';
  /** Mean loss of the first over that of the second. */
  readonly ratio: number;
  /** The largest ratio of a seed of the first to one of the second; infinite where seeds are too few to say. */
  readonly largestRatio: number;
  readonly words: string;
}

/** Compares the losses of two groups. */
export function compareGroups(first: ArchitectureGroup, second: ArchitectureGroup): GroupComparison {
  const [a, b] = [lossesOf(first), lossesOf(second)];
  const ratio = lossSpread(first).mean / lossSpread(second).mean;
  const seeds = Math.min(a.length, b.length);
  const largestRatio = Math.max(...a) / Math.min(...b);
  const numbers = `${first.architecture} ${formatSpread(lossSpread(first))}, ${second.architecture} ${formatSpread(lossSpread(second))}`;
  if (seeds < claimSeeds) {
    return {
      relation: 'undecided',
      ratio,
      largestRatio: Infinity,
      words: `${numbers}; ${seeds} seeds found, ${claimSeeds} wanted`,
    };
  }
  if (Math.max(...a) < Math.min(...b))
    return { relation: 'lower', ratio, largestRatio, words: `${numbers}: lower at every seed` };
  if (Math.min(...a) > Math.max(...b))
    return { relation: 'higher', ratio, largestRatio, words: `${numbers}: higher at every seed` };
  return {
    relation: 'undecided',
    ratio,
    largestRatio,
    words: `${numbers}; the seeds overlap (ratio of means ${formatNumber(ratio)})`,
  };
}

/** The verdict of a statement that needs every comparison to have one relation: one that is the opposite contradicts it. */
export function verdictOfAll(relations: readonly GroupComparison['relation'][], wanted: 'lower' | 'higher'): Verdict {
  if (relations.length === 0) return 'not decided';
  if (relations.every((relation) => relation === wanted)) return 'confirmed';
  return relations.some((relation) => relation !== wanted && relation !== 'undecided') ? 'contradicted' : 'not decided';
}
