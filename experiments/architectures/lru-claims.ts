// What an input GLU gives a linear recurrent unit, and what an MLP in place of its GLU takes from it.

import type { Claim, PaperStatement, Verdict } from '../findings.js';
import { formatNumber } from '../spread.js';
import { compareGroups, type GroupComparison } from './comparison.js';
import { comparedSize, type ArchitectureGroup, type ComparedTask } from './groups.js';

/** A gain or loss is large from this factor on. */
const large = 2;

/** Depths, and what names of that depth end with. */
const depths = [
  ['one block', ''],
  ['two blocks', ', 2 blocks'],
] as const;
type Pair = readonly [better: string, worse: string];

/** Claims about the variants of the linear recurrent unit, by task and depth. */
export function lruClaims(groups: readonly ArchitectureGroup[]): readonly Claim[] {
  const tasks = [
    ['regression', 'on regression in context'],
    ['imitation', 'on imitation of attention'],
  ] as const;
  return tasks.flatMap(([task, where]) => [
    ...depths.map(([depth, blocks]) =>
      pairClaim(groups, task, {
        statement: `An input GLU on an LRU of ${depth} is a large gain ${where} (loss divided by ${large} or more).`,
        paper: { text: 'Input GLU on the LRU: large gain', known: 'recalled' },
        pairs: [[`LRU, input GLU${blocks}`, `LRU${blocks}`]],
      }),
    ),
    ...depths.map(([depth, blocks]) =>
      pairClaim(groups, task, {
        statement: `An MLP in place of the GLU of an LRU of ${depth} is a large loss ${where} (loss multiplied by ${large} or more).`,
        paper: { text: 'MLP for GLU: large loss', known: 'recalled' },
        pairs: ['LRU', 'LRU, input GLU'].map((name): Pair => [`${name}${blocks}`, `${name}, MLP for GLU${blocks}`]),
      }),
    ),
  ]);
}

interface PairStatement {
  readonly statement: string;
  readonly paper: PaperStatement;
  /** Architectures, the one that should be better first. */
  readonly pairs: readonly Pair[];
}

/** Pairs of which neither gets below this part of the loss of predicting zero have not learned the task, and say nothing of what a part is good for. */
const unlearned = 0.5;

/**
 * Pairs, at every budget that they were trained for; all are told. A pair whose seeds are few does not decide; nor does one that goes the stated way, but not
 * far, because budgets are small. Where seeds overlap, it decides only if none of one is a large factor above any of the other.
 */
function pairClaim(groups: readonly ArchitectureGroup[], task: ComparedTask, { statement, paper, pairs }: PairStatement): Claim {
  const size = comparedSize(groups);
  const find = (architecture: string): ArchitectureGroup | undefined =>
    groups.find((group) => group.architecture === architecture && group.task === task && group.size === size);
  const budgets = [...new Set(groups.map(({ budget }) => budget))].toSorted();
  const allPairs = budgets.flatMap((budget) => pairs.map(([better, worse]): Pair => [`${better}${budget}`, `${worse}${budget}`]));
  const told = allPairs.flatMap(([better, worse]) => {
    const [first, second] = [find(better), find(worse)];
    return first === undefined || second === undefined ? [] : tellPair(first, second);
  });
  const verdicts = new Set(told.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'not decided'));
  const [verdict = 'not decided'] = verdicts.size === 1 ? verdicts : [];
  return { statement, paper, verdict, because: told.map(({ words }) => words).join('; ') || 'runs are missing' };
}

function tellPair(better: ArchitectureGroup, worse: ArchitectureGroup): { readonly verdict: Verdict; readonly words: string } {
  const comparison = compareGroups(worse, better);
  const words = `${comparison.words}, factor ${formatNumber(comparison.ratio)}`;
  if (Math.min(leastLoss(better), leastLoss(worse)) <= unlearned) return { verdict: verdictOfPair(comparison), words };
  return { verdict: 'not decided', words: `${words} (neither comes below ${unlearned} of predicting zero: no comparison)` };
}

const leastLoss = ({ runs }: ArchitectureGroup): number => Math.min(...runs.map(({ measurement }) => measurement.normalizedLoss));

function verdictOfPair({ relation, ratio, largestRatio }: GroupComparison): Verdict {
  if (relation === 'lower' || (relation === 'undecided' && largestRatio < large)) return 'contradicted';
  return relation === 'higher' && ratio >= large ? 'confirmed' : 'not decided';
}
