// The staircase of E3: a network with few neurons has as many of the nine products as fit, and its loss tells how many.

import type { Claim, Comparison } from '../findings.js';
import { verdictOf } from '../findings.js';
import type { RegressionRun } from './findings.js';
import { groupRuns } from '../selection.js';
import { formatNumber, spreadOf } from '../spread.js';
import { constructedProducts, productCount, productsIn, stair, zeroLoss } from './theory.js';

/** How far a loss may be from a stair, in stairs, to count as standing on it. */
const stairBound = 0.1;

/** The hidden size of a run of Eq. 2. */
export const hiddenOf = ({ config: { model } }: RegressionRun): number =>
  model.name === 'gated-rnn' ? model.hidden : Number.NaN;

const lossOf = ({ measurement }: RegressionRun): number => measurement.trained.loss;

/** Distance of a loss from the nearest stair, in stairs. */
export const distanceFromStair = (loss: number): number => Math.abs(productsIn(loss) - Math.round(productsIn(loss)));

/** A row for each hidden size. */
export function sizeComparisons(runs: readonly RegressionRun[]): readonly Comparison[] {
  const groups = [...groupRuns(runs, hiddenOf)].toSorted(([a], [b]) => a - b);
  return groups.map(([hidden, group]) => {
    const constructed = constructedProducts(hidden);
    const products = group.map((run) => Math.round(productsIn(lossOf(run))));
    const isOnStairs = group.every((run) => distanceFromStair(lossOf(run)) <= stairBound);
    return {
      quantity: `Eq. 2, ${hidden} neurons: loss (products found: ${[...new Set(products)].join(', ')})`,
      theory: `a stair; ${formatNumber(zeroLoss - stair * constructed)} with the construction's ${constructed} of ${productCount} products`,
      paper: undefined,
      ours: spreadOf(group.map(lossOf)),
      verdict: verdictOf(isOnStairs),
    };
  });
}

/** Whether losses stand on stairs. */
export function staircaseClaim(runs: readonly RegressionRun[]): Claim {
  const statement = `The loss is ${zeroLoss} − ${stair.toFixed(6)} k with whole k ≤ ${productCount}: a staircase against the number of neurons.`;
  const distances = runs.map((run) => ({ name: run.name, distance: distanceFromStair(lossOf(run)) }));
  const farthest = distances.toSorted((a, b) => b.distance - a.distance)[0];
  if (farthest === undefined)
    return { statement, paper: undefined, verdict: 'not decided', because: 'no run of the sizes has ended' };
  const onStairs = distances.filter(({ distance }) => distance <= stairBound).length;
  const because = `${onStairs} of ${runs.length} runs are within ${stairBound} of a stair; the farthest is ${farthest.distance.toFixed(3)} (${farthest.name})`;
  return { statement, paper: undefined, verdict: verdictOf(onStairs === runs.length), because };
}
