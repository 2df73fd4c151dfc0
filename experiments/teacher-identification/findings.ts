// What follows from the runs of E1.

import type { MeasuredRun } from '../experiment.js';
import { verdictOf, type Claim, type Comparison, type DetailTable, type Findings, type PaperStatement } from '../findings.js';
import { completedRuns, groupRuns } from '../selection.js';
import { describeDecays, formatNumber, spreadOf } from '../spread.js';
import { identificationFigures } from './figures.js';
import { commonLoss, type IdentificationMeasurement } from './measurement.js';

/** A measured run of E1. */
export type IdentificationRun = MeasuredRun<IdentificationMeasurement>;

/** The normalized loss that is aimed at. */
const aimedLoss = 1e-7;
/** Neurons of the compact construction at d = 4: d(d + 1)/2 that hold keys and values, d that hold the query. */
const constructed = { keyValue: 10, query: 4 };
/** λ above and below which a neuron's memory counts as perfect. */
const perfect = { remembers: 0.99, forgets: 0.01 };

const recalled = (text: string): PaperStatement => ({ text, known: 'recalled with less certainty' });

/** E1's findings. */
export function concludeIdentification(runs: readonly IdentificationRun[]): Findings {
  const main = completedRuns(runs, 'teacher-identification');
  const short = completedRuns(runs, 'teacher-identification-short');
  const unfinished = runs.filter(({ outcome }) => outcome === 'unfinished');
  const decays = [...groupRuns(short, weightDecayOf)].toSorted(([a], [b]) => a - b);
  return {
    table: [...comparisons(main), ...decays.flatMap(([decay, group]) => decayComparisons(decay, group))],
    claims: [onlyPerfectNeurons(main), decayPrunes(decays)],
    details: [
      ...tableOf('Single runs', main),
      ...tableOf('Single runs by weight decay', short),
      ...tableOf('Runs that have not ended, as they are now', unfinished),
    ],
    figures: identificationFigures(main, short),
  };
}

const weightDecayOf = ({ config: { optimizer } }: IdentificationRun): number =>
  'weightDecay' in optimizer ? optimizer.weightDecay : 0;

type Score = 'normalizedLoss' | 'keyValueScore' | 'queryScore' | 'polynomialDistance';

function comparisons(runs: readonly IdentificationRun[]): readonly Comparison[] {
  const row = (quantity: string, key: Score, paper: string): Comparison => ({
    ...{ quantity, theory: 0, paper: recalled(paper), verdict: 'not decided' },
    ours: spreadOf(runs.map(({ measurement }) => measurement[key])),
  });
  const losses = runs.map(({ measurement }) => measurement.normalizedLoss);
  const isCompact = ({ measurement: { rememberingCount, forgettingCount, keptCount } }: IdentificationRun): boolean =>
    rememberingCount === constructed.keyValue &&
    forgettingCount === constructed.query &&
    keptCount === constructed.keyValue + constructed.query;
  return [
    {
      ...row(
        `loss relative to predicting zero (wanted ≤ ${aimedLoss.toExponential(0)})`,
        'normalizedLoss',
        '4.97e-8, of a teacher whose scale is unknown',
      ),
      verdict: verdictOf(losses.length === 0 ? undefined : losses.every((loss) => loss <= aimedLoss)),
    },
    row('KV score', 'keyValueScore', '4.52e-8'),
    row('Q score', 'queryScore', '2.06e-10'),
    row('distance of the instantaneous polynomial', 'polynomialDistance', '3.73e-4'),
    {
      quantity: 'neurons left after pruning within 10 % of the loss',
      theory: `${constructed.keyValue + constructed.query} = ${constructed.keyValue} + ${constructed.query} (compact construction)`,
      paper: recalled('14 = 10 + 4'),
      ours: spreadOf(runs.map(({ measurement }) => measurement.keptCount)),
      verdict: verdictOf(runs.length === 0 ? undefined : runs.every(isCompact)),
    },
    {
      quantity: `loss with the neurons of each kind merged into ${constructed.keyValue} + ${constructed.query} (wanted ≤ ${aimedLoss.toExponential(0)})`,
      theory: 0,
      paper: undefined,
      ours: spreadOf(runs.map(({ measurement }) => measurement.mergedLoss)),
      verdict: verdictOf(runs.length === 0 ? undefined : runs.every(({ measurement }) => measurement.mergedLoss <= aimedLoss)),
    },
  ];
}

function decayComparisons(decay: number, runs: readonly IdentificationRun[]): readonly Comparison[] {
  const hidden = [...new Set(runs.flatMap(({ config: { model } }) => (model.name === 'gated-rnn' ? [model.hidden] : [])))].join(
    ', ',
  );
  const label = `short runs, ${hidden} neurons, weight decay ${decay}`;
  const row = (what: string, values: readonly number[]): Comparison => {
    return { quantity: `${label}: ${what}`, theory: undefined, paper: undefined, ours: spreadOf(values), verdict: 'not decided' };
  };
  return [
    row(
      'loss relative to predicting zero',
      runs.map(({ measurement }) => measurement.normalizedLoss),
    ),
    row(
      'neurons left after pruning within 10 %',
      runs.map(({ measurement }) => measurement.keptCount),
    ),
    row(
      `neurons left after pruning to a loss of ${commonLoss.toExponential(0)}`,
      runs.map(({ measurement }) => measurement.keptAtCommonLoss),
    ),
    row(
      'influential neurons with 0.1 < λ < 0.9',
      runs.map(({ measurement }) => betweenCount(measurement.influentialDecays)),
    ),
  ];
}

const betweenCount = (decays: readonly number[]): number => decays.filter((decay) => decay > 0.1 && decay < 0.9).length;

function onlyPerfectNeurons(runs: readonly IdentificationRun[]): Claim {
  const statement = 'Only neurons with perfect memory (λ = 1) or none (λ = 0) influence the output.';
  const paper: PaperStatement = {
    text: 'only perfect memory neurons and perfect forget neurons influence the output',
    known: 'quoted',
  };
  const decays = runs.flatMap(({ measurement }) => measurement.influentialDecays);
  if (decays.length === 0) return { statement, paper, verdict: 'not decided', because: 'no run of the full recipe has ended' };
  const count = decays.filter((decay) => decay >= perfect.remembers || decay <= perfect.forgets).length;
  const because = `${count} of ${decays.length} influential neurons have λ ≥ ${perfect.remembers} or ≤ ${perfect.forgets}`;
  return { statement, paper, verdict: verdictOf(count === decays.length), because };
}

function decayPrunes(groups: readonly (readonly [number, readonly IdentificationRun[]])[]): Claim {
  const statement = 'Stronger weight decay leaves fewer neurons that the same loss needs.';
  const [weakest, strongest] = [groups[0], groups.at(-1)];
  if (weakest === undefined || strongest === undefined || weakest === strongest) {
    return { statement, paper: undefined, verdict: 'not decided', because: 'runs of two weight decays are missing' };
  }
  const counts = ([, runs]: typeof weakest): readonly number[] => runs.map(({ measurement }) => measurement.keptAtCommonLoss);
  const losses = ([, runs]: typeof weakest): string =>
    formatNumber(mean(runs.map(({ measurement }) => measurement.normalizedLoss)));
  const [weak, strong] = [counts(weakest), counts(strongest)];
  const because = `${formatNumber(mean(weak))} neurons are left at ${weakest[0]} by pruning to a loss of ${commonLoss.toExponential(0)}, ${formatNumber(mean(strong))} at ${strongest[0]}; before, losses were ${losses(weakest)} and ${losses(strongest)}`;
  return { statement, paper: undefined, verdict: verdictOf(Math.max(...strong) < Math.min(...weak)), because };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function tableOf(title: string, runs: readonly IdentificationRun[]): readonly DetailTable[] {
  if (runs.length === 0) return [];
  const columns = [
    'run',
    'steps',
    'normalized loss',
    'KV score',
    'Q score',
    'polynomial distance',
    'neurons left',
    `left at ${commonLoss.toExponential(0)}`,
    'loss of 10 + 4 merged',
    'influential λ',
  ];
  const rows = runs.map(({ name, step, measurement: m }) => [
    name.slice(name.indexOf('/') + 1),
    String(step),
    ...[m.normalizedLoss, m.keyValueScore, m.queryScore, m.polynomialDistance].map(formatNumber),
    `${m.keptCount} = ${m.rememberingCount} + ${m.forgettingCount} + ${m.keptCount - m.rememberingCount - m.forgettingCount}`,
    String(m.keptAtCommonLoss),
    formatNumber(m.mergedLoss),
    describeDecays(m.influentialDecays),
  ]);
  return [{ title, columns, rows }];
}
