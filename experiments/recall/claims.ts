// The statements about recall, and the numbers that decide them.

import type { Claim } from '../findings.js';
import { formatNumber, formatSpread, spreadOf } from '../spread.js';
import type { RecallGroup, RecallRun } from './groups.js';

/** Share of right answers from which a task is solved. */
export const solvedBound = 0.99;
const claimSeeds = 3;
/** A normalized loss that is none. */
const noLoss = 1e-4;

/** Linear self-attention and one gradient step of rate 1, both with a squared loss. */
export function oneStepClaim(runs: readonly RecallRun[]): Claim {
  const statement = 'LSA solves associative recall with one gradient step of rate 1.';
  const paper = { text: 'LSA solves it with one gradient step of rate 1', known: 'recalled with less certainty' } as const;
  const own = runs.filter(({ config, measurement, outcome }) => {
    return config.model.name === 'linear-attention' && measurement.gradientDescent !== null && outcome === 'completed';
  });
  const losses = spreadOf(own.map(({ measurement }) => measurement.normalizedLoss));
  if (losses === undefined) return { statement, paper, verdict: 'not decided', because: 'runs are missing' };
  const step = Math.max(...own.map(({ measurement }) => measurement.gradientDescent ?? Infinity));
  const because = `with a squared loss the step of rate 1 itself has loss ${formatNumber(step)} on the held-out sequences, trained LSA a normalized loss of ${formatSpread(losses)} (at most ${noLoss} wanted)`;
  if (losses.values.length < claimSeeds)
    return { statement, paper, verdict: 'not decided', because: `${because}; ${claimSeeds} seeds wanted` };
  return {
    statement,
    paper,
    verdict: step === 0 && losses.values.every((loss) => loss <= noLoss) ? 'confirmed' : 'contradicted',
    because,
  };
}

/** What the published table says of associative recall, without its numbers: who solves it and who does not. */
export function recallClaims(groups: readonly RecallGroup[]): readonly Claim[] {
  return [
    solving(groups, { architecture: 'softmax attention', published: 'Transformer 100', isSolving: true }),
    solving(groups, { architecture: 'LSTM', published: 'LSTM 36.2, random 25', isSolving: false }),
    solving(groups, { architecture: 'LRU, 2 blocks', published: 'LRU 11.6, random 25', isSolving: false }),
  ];
}

interface SolvingStatement {
  readonly architecture: string;
  readonly published: string;
  readonly isSolving: boolean;
}

function solving(groups: readonly RecallGroup[], { architecture, published, isSolving }: SolvingStatement): Claim {
  const statement = `${architecture} ${isSolving ? 'solves' : 'does not solve'} associative recall.`;
  const paper = { text: `${published} (two layers, vocabulary 40)`, known: 'quoted' } as const;
  const group = groups.find((one) => one.architecture === architecture);
  const spread = spreadOf((group?.accuracies ?? []).map((accuracy) => 100 * accuracy));
  if (group === undefined || spread === undefined)
    return { statement, paper, verdict: 'not decided', because: 'runs are missing' };
  const because = `${formatSpread(spread)} % of answers are right`;
  const isSolved = group.accuracies.map((accuracy) => accuracy >= solvedBound);
  if (group.accuracies.length < claimSeeds)
    return { statement, paper, verdict: 'not decided', because: `${because}; ${claimSeeds} seeds wanted` };
  if (isSolved.every((solved) => solved === isSolving)) {
    const within = isSolving ? '' : ', within the budget';
    return { statement, paper, verdict: 'confirmed', because: `${because}${within}` };
  }
  const isOpposite = isSolved.every((solved) => solved !== isSolving);
  // Not yet solved within a budget says little; solved is solved.
  return { statement, paper, verdict: isOpposite && !isSolving ? 'contradicted' : 'not decided', because };
}
