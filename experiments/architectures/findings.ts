// What follows from the runs of E4.

import { verdictOf, type Comparison, type DetailTable, type Findings } from '../findings.js';
import { formatNumber, formatSpread, spreadOf } from '../spread.js';
import { architectureClaims, groupAt } from './claims.js';
import { architectureFigures } from './figures.js';
import {
  architectureGroups,
  lossSpread,
  sweptRates,
  type ArchitectureGroup,
  type ArchitectureRun,
  type ComparedTask,
} from './groups.js';
import { doubledOptimum, optimum } from './theory.js';

/** E4's findings. */
export function concludeArchitectures(runs: readonly ArchitectureRun[]): Findings {
  const groups = architectureGroups(runs);
  return {
    table: ['LSA', 'Eq. 2', 'GRU', 'LSTM'].flatMap((architecture) => comparisonsOf(groups, architecture)),
    claims: architectureClaims(groups),
    details: [groupTable(groups, 'regression'), groupTable(groups, 'imitation'), rateTable(runs)].filter(
      ({ rows }) => rows.length > 0,
    ),
    figures: architectureFigures(groups),
  };
}

/** Standard errors below the optimum that sampling does not explain. */
const standardErrorBound = 4;

function comparisonsOf(groups: readonly ArchitectureGroup[], architecture: string): readonly Comparison[] {
  const [regression, imitation] = [groupAt(groups, architecture, 'regression'), groupAt(groups, architecture, 'imitation')];
  const isAttention = architecture === 'LSA' || architecture === 'Eq. 2';
  const parts = [
    ['W* of variance 1/3', 'trained', optimum],
    ['W* of variance 2/3', 'doubled', doubledOptimum],
  ] as const;
  return [
    ...parts.flatMap(([where, variance, best]): readonly Comparison[] => {
      const pairs = regression?.runs.flatMap(({ measurement }) => measurement.regression?.[variance] ?? []) ?? [];
      const isBound = pairs.every(({ difference, standardError }) => difference > -standardErrorBound * standardError);
      const name = `${nameOf(architecture, regression)}, ${where}`;
      return [
        {
          quantity: `${name}: half MSE per output`,
          theory: `one gradient step: ${formatNumber(best)}`,
          paper: undefined,
          ours: spreadOf(pairs.map(({ loss }) => loss)),
          verdict: 'not decided',
        },
        {
          quantity: `${name}: minus one gradient step on the same sequences`,
          theory: isAttention ? '≥ 0' : 'may be below 0',
          paper: undefined,
          ours: spreadOf(pairs.map(({ difference }) => difference)),
          verdict: isAttention && pairs.length > 0 ? verdictOf(isBound) : 'not decided',
        },
      ];
    }),
    {
      quantity: `${nameOf(architecture, imitation)}: normalized imitation loss`,
      theory: isAttention ? '0 in the limit' : undefined,
      paper: undefined,
      ours: imitation === undefined ? undefined : lossSpread(imitation),
      verdict: 'not decided',
    },
  ];
}

const nameOf = (architecture: string, group: ArchitectureGroup | undefined): string =>
  group === undefined || group.size === null ? architecture : `${architecture} (${group.size})`;

const titles: Readonly<Record<ComparedTask, string>> = {
  regression: 'Regression in context (B): half the mean squared error per output',
  imitation: 'Imitation of attention (A): normalized loss',
};

function groupTable(groups: readonly ArchitectureGroup[], task: ComparedTask): DetailTable {
  const own = groups.filter((group) => group.task === task);
  const isRegression = task === 'regression';
  const rows = own
    .toSorted((a, b) => lossSpread(a).mean - lossSpread(b).mean)
    .map((group) => [
      group.architecture,
      group.size === null ? '–' : String(group.size),
      group.parameterCount.toLocaleString('en-US'),
      String(group.learningRate),
      formatSpread(lossSpread(group)),
      ...(isRegression ? doubledCells(group) : []),
    ]);
  const columns = ['architecture', 'size', 'parameters', 'learning rate', 'loss'];
  return { title: titles[task], columns: isRegression ? [...columns, 'W* variance doubled', 'over the first'] : columns, rows };
}

/** The loss at twice the variance of W*, and how many times the loss it is: 2 for everything that is linear in the context's y. */
function doubledCells(group: ArchitectureGroup): readonly string[] {
  const doubled = spreadOf(group.runs.flatMap(({ measurement }) => measurement.regression?.doubled.loss ?? []));
  return doubled === undefined ? ['–', '–'] : [formatSpread(doubled), formatNumber(doubled.mean / lossSpread(group).mean)];
}

function rateTable(runs: readonly ArchitectureRun[]): DetailTable {
  const rates = sweptRates(runs);
  const values = [...new Set(rates.map(({ learningRate }) => learningRate))].toSorted((a, b) => a - b);
  const keys = [...new Map(rates.map(({ architecture, task }) => [`${architecture}/${task}`, { architecture, task }])).values()];
  const cell = (architecture: string, task: ComparedTask, value: number): string => {
    const found = rates.find((rate) => rate.architecture === architecture && rate.task === task && rate.learningRate === value);
    if (found === undefined) return 'not run';
    return found.normalizedLoss === null ? 'diverged' : formatNumber(found.normalizedLoss);
  };
  return {
    title: 'Sweep of learning rates: normalized loss at one seed; the smallest is taken',
    columns: ['architecture', 'task', ...values.map(String)],
    rows: keys.map(({ architecture, task }) => [architecture, task, ...values.map((value) => cell(architecture, task, value))]),
  };
}
