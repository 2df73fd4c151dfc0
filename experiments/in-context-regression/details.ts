// The numbers of single runs behind E3's findings.

import type { DetailTable } from '../findings.js';
import { describeDecays, formatNumber } from '../spread.js';
import type { RegressionRun } from './findings.js';
import { optimum } from './theory.js';

/** The runs of E3 by what they are for. */
export interface RegressionGroups {
  readonly main: readonly RegressionRun[];
  readonly sizes: readonly RegressionRun[];
  readonly rates: readonly RegressionRun[];
}

/** Tables of single runs; none where there are none. */
export function regressionDetails({ main, sizes, rates }: RegressionGroups): readonly DetailTable[] {
  return [
    ...tableOf('Single runs', main),
    ...tableOf('Single runs of the sizes', sizes),
    ...tableOf('Learning rates, tried on a seed that is not reported', rates),
  ];
}

function tableOf(title: string, runs: readonly RegressionRun[]): readonly DetailTable[] {
  if (runs.length === 0) return [];
  const columns = [
    'run',
    'steps',
    'loss',
    'minus one gradient step, % of the optimum',
    'variance 2/3: loss',
    'neurons left',
    'influential λ',
  ];
  return [{ title, columns, rows: runs.map(rowOf) }];
}

function rowOf({ name, step, measurement: { trained, doubled, network } }: RegressionRun): readonly string[] {
  const share = formatNumber((100 * trained.difference) / optimum);
  const error = Number(((100 * trained.standardError) / optimum).toPrecision(2));
  return [
    name.slice(name.indexOf('/') + 1),
    String(step),
    trained.loss.toFixed(6),
    `${share} ± ${error}`,
    doubled.loss.toFixed(6),
    network === null
      ? '–'
      : `${network.keptCount} = ${network.rememberingCount} + ${network.forgettingCount} + ${between(network)}`,
    network === null ? '–' : describeDecays(network.influentialDecays),
  ];
}

type Network = NonNullable<RegressionRun['measurement']['network']>;
const between = ({ keptCount, rememberingCount, forgettingCount }: Network): number =>
  keptCount - rememberingCount - forgettingCount;
