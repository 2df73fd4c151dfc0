// What follows from the runs of E2. A teacher with W_V of rank r needs r d − r (r − 1)/2 products of values and keys and d query entries:
// d (d + 1)/2 + d neurons for r = d.

import type { MeasuredRun } from '../experiment.js';
import { verdictOf, type Claim, type Comparison, type DetailTable, type Findings, type PaperStatement } from '../findings.js';
import { completedRuns, groupRuns } from '../selection.js';
import { formatNumber, spreadOf } from '../spread.js';
import { sizeFigure } from './figures.js';

/** What is measured of a run. */
export interface OverparametrizationMeasurement {
  readonly sequences: number;
  readonly loss: number;
  /** In units of the loss of predicting zero. */
  readonly normalizedLoss: number;
}

/** A measured run of E2. */
export type OverparametrizationRun = MeasuredRun<OverparametrizationMeasurement>;

/** The normalized loss below which a teacher counts as identified: one missing product costs far more. */
export const solvedLoss = 1e-3;

/** Sizes that were tried for teachers of one rank. */
export interface RankedSizes {
  readonly rank: number;
  readonly dimension: number;
  /** Neurons of the compact construction. */
  readonly required: number;
  readonly sizes: readonly { readonly hidden: number; readonly runs: readonly OverparametrizationRun[] }[];
  /** The smallest size whose runs all identify the teacher; undefined where none does. */
  readonly smallestSolved: number | undefined;
}

/** E2's findings. */
export function concludeOverparametrization(runs: readonly OverparametrizationRun[]): Findings {
  const main = completedRuns(runs, 'overparametrization');
  const rates = completedRuns(runs, 'overparametrization-rates');
  const ranked = rankedSizes(main);
  return {
    table: ranked.flatMap(comparisons),
    claims: [twiceAsMany(ranked), lowRankIsSmaller(ranked)],
    details: [...tableOf('Single runs', main), ...tableOf('Learning rates, tried on a seed that is not reported', rates)],
    figures: main.length === 0 ? [] : [sizeFigure(ranked)],
  };
}

/** Neurons that the compact construction needs. */
export const requiredNeurons = (dimension: number, rank: number): number =>
  rank * dimension - (rank * (rank - 1)) / 2 + dimension;

const shapeOf = ({ config: { task, model } }: OverparametrizationRun) => {
  const dimension = task.name === 'attention-teacher' ? task.dimension : 0;
  const rank = task.name === 'attention-teacher' ? (task.rank ?? dimension) : 0;
  return { dimension, rank, hidden: model.name === 'gated-rnn' ? model.hidden : 0 };
};

const isSolved = ({ measurement }: OverparametrizationRun): boolean => measurement.normalizedLoss <= solvedLoss;

/** Runs by the rank of their teacher, the largest first, and by size. */
export function rankedSizes(runs: readonly OverparametrizationRun[]): readonly RankedSizes[] {
  const byRank = [...groupRuns(runs, (run) => shapeOf(run).rank)].toSorted(([a], [b]) => b - a);
  return byRank.map(([rank, group]) => {
    const dimension = Math.max(...group.map((run) => shapeOf(run).dimension));
    const sizes = [...groupRuns(group, (run) => shapeOf(run).hidden)]
      .map(([hidden, alike]) => ({ hidden, runs: alike }))
      .toSorted((a, b) => a.hidden - b.hidden);
    const smallestSolved = sizes.find(({ runs: alike }) => alike.every(isSolved))?.hidden;
    return { rank, dimension, required: requiredNeurons(dimension, rank), sizes, smallestSolved };
  });
}

function comparisons({ rank, dimension, required, sizes, smallestSolved }: RankedSizes): readonly Comparison[] {
  const rows = sizes.map(({ hidden, runs }): Comparison => {
    const isEnough = hidden >= required;
    const count = runs.filter(isSolved).length;
    return {
      quantity: `W_V of rank ${rank}, ${hidden} neurons: loss relative to predicting zero (${count} of ${runs.length} below ${solvedLoss})`,
      theory: isEnough ? '0 possible' : `the compact construction needs ${required}`,
      paper: undefined,
      ours: spreadOf(runs.map(({ measurement }) => measurement.normalizedLoss)),
      verdict: 'not decided',
    };
  });
  const smallest: Comparison = {
    quantity: `W_V of rank ${rank}: smallest size at which all seeds are below ${solvedLoss}`,
    theory: `≥ ${required} (compact construction)`,
    paper: rank === dimension ? { text: 'about twice the required neurons', known: 'quoted' } : undefined,
    ours: smallestSolved === undefined ? 'none of those tried' : String(smallestSolved),
    verdict: verdictOf(smallestSolved === undefined ? undefined : smallestSolved >= required),
  };
  return [...rows, smallest];
}

function twiceAsMany(ranked: readonly RankedSizes[]): Claim {
  const statement = 'Gradient descent needs about twice as many neurons as the construction (1.5 to 2.5 times count as that).';
  const paper: PaperStatement = { text: 'about twice the required neurons are needed', known: 'quoted' };
  const full = ranked.find(({ rank, dimension }) => rank === dimension);
  if (full?.smallestSolved === undefined) {
    return { statement, paper, verdict: 'not decided', because: 'no size identifies the teacher of full rank with every seed' };
  }
  const ratio = full.smallestSolved / full.required;
  const tried = full.sizes.map(({ hidden }) => hidden).join(', ');
  const because = `${full.smallestSolved} neurons are the smallest of ${tried} that every seed solves, ${ratio.toFixed(2)} times the required ${full.required}`;
  return { statement, paper, verdict: verdictOf(ratio >= 1.5 && ratio <= 2.5), because };
}

function lowRankIsSmaller(ranked: readonly RankedSizes[]): Claim {
  const statement = 'A teacher with W_V of low rank is identified by a smaller network.';
  const paper: PaperStatement = { text: 'a low-rank teacher gives a smaller solution', known: 'recalled with less certainty' };
  const full = ranked.find(({ rank, dimension }) => rank === dimension)?.smallestSolved;
  const low = ranked.find(({ rank, dimension }) => rank < dimension)?.smallestSolved;
  if (full === undefined || low === undefined) {
    return { statement, paper, verdict: 'not decided', because: 'no size identifies teachers of both ranks with every seed' };
  }
  const because = `the smallest sizes that every seed solves are ${low} with low rank and ${full} with full rank`;
  return { statement, paper, verdict: verdictOf(low < full), because };
}

function tableOf(title: string, runs: readonly OverparametrizationRun[]): readonly DetailTable[] {
  if (runs.length === 0) return [];
  const rows = runs.map(({ name, step, measurement }) => {
    return [name.slice(name.indexOf('/') + 1), String(step), formatNumber(measurement.normalizedLoss)];
  });
  return [{ title, columns: ['run', 'steps', 'normalized loss'], rows }];
}
