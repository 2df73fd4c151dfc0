// The loss of one run over its steps, with numbers to read.

import uPlot from 'uplot';
import { Chart, type Ink } from '../page/chart.js';
import { columnsOf, cursor, stepAxis, stepScale, telling, verticalAxis } from '../page/chart-style.js';
import { logarithmicRange, logarithmicTicks } from '../page/ticks.js';
import { formatCount, formatLoss } from '../page/words.js';
import type { RunView } from './study-view.js';

/** The chart. */
export function RunChart({ run }: { readonly run: RunView }) {
  return (
    <Chart
      id="run-chart"
      heightPixels={340}
      hint="Point at the chart to read its numbers."
      summary={summaryOf(run)}
      options={(ink, tell) => optionsOf(run, ink, tell)}
      watch={() => run.changeCount.value}
      data={() => dataOf(run)}
    />
  );
}

function summaryOf(run: RunView): string {
  const { step, trainLoss } = run.standing.value;
  const [first, last] = [run.tests.value[0], run.tests.value.at(-1)];
  if (trainLoss === null) return 'Loss over steps; nothing has been measured yet.';
  const tests =
    first === undefined || last === undefined
      ? ''
      : ` Held-out loss ${formatLoss(first.loss)} after step ${first.step}, ${formatLoss(last.loss)} after step ${last.step}.`;
  return `Loss over steps, logarithmic. Training loss ${formatLoss(trainLoss)} after step ${step}.${tests}`;
}

/** Columns: step; smallest, largest and mean training loss; held-out loss; theory. */
function dataOf({ curve, tests, standing }: RunView): uPlot.AlignedData {
  const { position, smallest, largest, mean } = columnsOf(curve);
  const joined = uPlot.join([
    [position, smallest, largest, mean],
    [tests.peek().map(({ step }) => step), tests.peek().map(({ loss }) => loss)],
  ]);
  const { optimum } = standing.peek();
  const level = new Array<number | null>(joined[0].length).fill(optimum !== null && optimum > 0 ? optimum : null);
  return [...joined, level] as unknown as uPlot.AlignedData;
}

function optionsOf(run: RunView, ink: Ink, tell: (text: string) => void): Omit<uPlot.Options, 'width' | 'height'> {
  const hidden = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
  return {
    cursor,
    legend: { show: false },
    scales: {
      x: stepScale,
      // uPlot declares a name for it that is not there at run time.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
      y: { distr: 3, log: 10, range: (_, minimum, maximum) => [...logarithmicRange(minimum, maximum)] },
    },
    axes: [
      stepAxis(ink),
      verticalAxis(ink, 'loss', { splits: (_, __, minimum, maximum) => [...logarithmicTicks(minimum, maximum)] }),
    ],
    series: [
      {},
      hidden,
      hidden,
      { stroke: ink('training'), width: 1.5, points: { show: false }, spanGaps: true },
      { paths: () => null, points: { show: true, size: 8, fill: ink('held-out'), stroke: ink('card') } },
      { stroke: ink('theory'), width: 1.5, dash: [7, 7], points: { show: false }, spanGaps: true },
    ],
    bands: [{ series: [2, 1], fill: ink('band') }],
    hooks: telling(tell, (index) => describe(run, index)),
  };
}

function describe(run: RunView, index: number): string {
  const [steps, smallest, largest, mean, tests] = dataOf(run);
  const at = (column: ArrayLike<number | null | undefined> | undefined): number | null => column?.[index] ?? null;
  const training =
    at(mean) === null ? '' : `training ${formatLoss(at(mean))} (${formatLoss(at(smallest))} to ${formatLoss(at(largest))})`;
  const tested = at(tests) === null ? '' : `held-out ${formatLoss(at(tests))}`;
  return `Step ${formatCount(steps[index] ?? 0)}: ${[training, tested].filter((text) => text !== '').join(', ')}`;
}
