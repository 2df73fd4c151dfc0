// What an input GLU gives a linear recurrent unit, and what an MLP in place of its GLU takes from it.

import type { Claim, PaperStatement, Verdict } from '../findings.js';
import { formatNumber } from '../spread.js';
import { compareGroups, type GroupComparison } from './comparison.js';
import { comparedSize, type ArchitectureGroup, type ComparedTask } from './groups.js';

/** A gain or loss is large from this factor on. */
const large = 2;

/** Names with one block and with two. */
const stacked = ['', ', 2 blocks'];
const inputGluPairs = stacked.map((blocks) => [`LRU, input GLU${blocks}`, `LRU${blocks}`] as const);
const mlpPairs = stacked.flatMap((blocks) => {
  return ['LRU', 'LRU, input GLU'].map((name) => [`${name}${blocks}`, `${name}, MLP for GLU${blocks}`] as const);
});

/** Claims about the variants of the linear recurrent unit, task by task. */
export function lruClaims(groups: readonly ArchitectureGroup[]): readonly Claim[] {
  const tasks = [
    ['regression', 'on regression in context'],
    ['imitation', 'on imitation of attention'],
  ] as const;
  return tasks.flatMap(([task, where]) => [
    pairClaim(groups, task, {
      statement: `An input GLU on the LRU is a large gain ${where} (loss divided by ${large} or more).`,
      paper: { text: 'Input GLU on the LRU: large gain', known: 'recalled' },
      pairs: inputGluPairs,
    }),
    pairClaim(groups, task, {
      statement: `An MLP in place of the LRU's GLU is a large loss ${where} (loss multiplied by ${large} or more).`,
      paper: { text: 'MLP for GLU: large loss', known: 'recalled' },
      pairs: mlpPairs,
    }),
  ]);
}

interface PairStatement {
  readonly statement: string;
  readonly paper: PaperStatement;
  /** Architectures, the one that should be better first. */
  readonly pairs: readonly (readonly [better: string, worse: string])[];
}

/** Pairs whose seeds are few or disagree are told and do not decide; nor does a pair that goes the stated way, but not far, within a small budget. */
function pairClaim(groups: readonly ArchitectureGroup[], task: ComparedTask, { statement, paper, pairs }: PairStatement): Claim {
  const size = comparedSize(groups);
  const find = (architecture: string): ArchitectureGroup | undefined =>
    groups.find((group) => group.architecture === architecture && group.task === task && group.size === size);
  const comparisons = pairs.flatMap(([better, worse]) => {
    const [first, second] = [find(better), find(worse)];
    return first === undefined || second === undefined ? [] : compareGroups(second, first);
  });
  const verdicts = new Set(comparisons.filter(({ relation }) => relation !== 'undecided').map(verdictOfPair));
  const because = comparisons.map((comparison) => `${comparison.words}, factor ${formatNumber(comparison.ratio)}`).join('; ');
  const [verdict = 'not decided'] = verdicts.size === 1 ? verdicts : [];
  return { statement, paper, verdict, because: because === '' ? 'runs are missing' : because };
}

function verdictOfPair({ relation, ratio }: GroupComparison): Verdict {
  if (relation === 'lower') return 'contradicted';
  return relation === 'higher' && ratio >= large ? 'confirmed' : 'not decided';
}
