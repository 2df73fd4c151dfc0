// Loss over steps on a logarithmic axis: training and held-out loss, measured; one optimal gradient step, measured on the same
// held-out sequences; and the optimum of theory, always dashed and named so.

import { signal } from '@preact/signals';
import uPlot from 'uplot';
import { Chart, type Ink } from './chart.js';
import {
  columnsOf,
  cursor,
  logarithmicStepAxis,
  logarithmicStepScale,
  stepAxis,
  stepScale,
  telling,
  verticalAxis,
} from './chart-style.js';
import { Key } from './key.js';
import type { RunView } from './run-view.js';
import { logarithmicRange, logarithmicTicks } from './ticks.js';
import { describeOptimum, describeStages, formatCount, formatLoss } from './words.js';

/** The beginning is where most happens: it can have more room. */
const hasLogarithmicSteps = signal(false);

/** The chart with its legend, and its numbers as a table. */
export function LossChart({ view }: { readonly view: RunView }) {
  const evaluation = view.evaluations.value.at(-1);
  const { task = '', volunteers = null, stages } = view.run.value ?? {};
  const hasNeighbor = volunteers !== null;
  const { optimum = null, gradientDescent = null } = evaluation ?? {};
  return (
    <section class={`card panel ${hasNeighbor ? 'main' : 'full'}`} aria-labelledby="loss-title">
      <h2 id="loss-title">Loss</h2>
      <ul class="keys">
        <Key
          mark="line"
          words={`training${describeStages(stages)}, measured: mean of neighboring steps, and from the smallest to the largest of them`}
        />
        <Key mark="dot" words="held-out sequences, measured" />
        {gradientDescent === null ? null : (
          <Key
            mark="thin"
            words={`one optimal step of gradient descent, measured on the same sequences: ${formatLoss(gradientDescent)}`}
          />
        )}
        {optimum === null ? null : (
          <Key
            mark="dashed"
            words={`${describeOptimum(task)}: ${optimum === 0 ? '0, which a logarithmic axis does not show' : formatLoss(optimum)}`}
          />
        )}
      </ul>
      <label class="choice">
        <input
          type="checkbox"
          checked={hasLogarithmicSteps.value}
          onChange={({ currentTarget }) => (hasLogarithmicSteps.value = currentTarget.checked)}
        />
        Logarithmic steps
      </label>
      <Chart
        key={String(hasLogarithmicSteps.value)}
        hint="Point at the chart to read its numbers."
        id="loss-chart"
        heightPixels={340}
        summary={summaryOf(view)}
        options={(ink, tell) => options(view, ink, tell)}
        watch={() => [view.curves.value, view.evaluations.value]}
        data={() => dataOf(view)}
      />
      <Evaluations view={view} />
    </section>
  );
}

function summaryOf(view: RunView): string {
  const evaluations = view.evaluations.value;
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (first === undefined || last === undefined) return 'Loss over steps; nothing has been measured yet.';
  const theory = last.optimum === null ? '' : ` Theory: ${formatLoss(last.optimum)}.`;
  return `Loss over steps, logarithmic. Held-out loss ${formatLoss(first.testLoss)} at the beginning, ${formatLoss(last.testLoss)} after step ${last.step}.${theory}`;
}

/** Columns: step; smallest, largest and mean training loss; held-out loss; gradient descent; theory. */
function dataOf(view: RunView): uPlot.AlignedData {
  const evaluations = view.evaluations.peek();
  const { position, smallest, largest, mean } = columnsOf(view.curves.peek().loss);
  const held = evaluations.map(({ step, testLoss }) => [step, testLoss] as const);
  const joined = uPlot.join([
    [position.map(shown), smallest, largest, mean],
    [held.map(([step]) => shown(step)), held.map(([, loss]) => loss)],
  ]);
  const steps = joined[0];
  const last = evaluations.at(-1);
  const level = (value: number | null = null): (number | null)[] => {
    return new Array<number | null>(steps.length).fill(value === null || value <= 0 ? null : value);
  };
  return [...joined, level(last?.gradientDescent), level(last?.optimum)] as unknown as uPlot.AlignedData;
}

/** On a logarithmic axis the untrained network stands at 1. */
const shown = (step: number): number => (hasLogarithmicSteps.peek() ? Math.max(1, step) : step);

function options(view: RunView, ink: Ink, tell: (text: string) => void): Omit<uPlot.Options, 'width' | 'height'> {
  const hidden = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
  return {
    cursor,
    legend: { show: false },
    scales: {
      x: hasLogarithmicSteps.peek() ? logarithmicStepScale : stepScale,
      // uPlot declares a name for it that is not there at run time.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
      y: { distr: 3, log: 10, range: (_, minimum, maximum) => [...logarithmicRange(minimum, maximum)] },
    },
    axes: [
      hasLogarithmicSteps.peek() ? logarithmicStepAxis(ink) : stepAxis(ink),
      verticalAxis(ink, 'half the mean squared error per output', {
        splits: (_, __, minimum, maximum) => [...logarithmicTicks(minimum, maximum)],
      }),
    ],
    series: [
      {},
      hidden,
      hidden,
      { stroke: ink('training'), width: 1.5, points: { show: false }, spanGaps: true },
      { paths: () => null, points: { show: true, size: 8, fill: ink('held-out'), stroke: ink('card') } },
      { stroke: ink('descent'), width: 1, points: { show: false }, spanGaps: true },
      { stroke: ink('theory'), width: 1.5, dash: [7, 7], points: { show: false }, spanGaps: true },
    ],
    bands: [{ series: [2, 1], fill: ink('band') }],
    hooks: telling(tell, (index) => describe(view, index)),
  };
}

function describe(view: RunView, index: number): string {
  const [steps, smallest, largest, mean, held] = dataOf(view);
  const at = (column: ArrayLike<number | null | undefined> | undefined): number | null => column?.[index] ?? null;
  const step = formatCount(steps[index] ?? 0);
  const tested = at(held) === null ? '' : `held-out ${formatLoss(at(held))}`;
  if (at(mean) === null) return `Step ${step}: ${tested}`;
  const { position, count } = columnsOf(view.curves.peek().loss);
  const stepCount = count[position.findIndex((one) => shown(one) === steps[index])] ?? 1;
  const range = stepCount === 1 ? '' : ` (${formatLoss(at(smallest))} to ${formatLoss(at(largest))} in ${stepCount} steps)`;
  return `Step ${step}: training ${formatLoss(at(mean))}${range}${tested === '' ? '' : `, ${tested}`}`;
}

/** The held-out evaluations in numbers. */
function Evaluations({ view }: { readonly view: RunView }) {
  const evaluations = view.evaluations.value;
  return (
    <details>
      <summary>Held-out evaluations in numbers</summary>
      <div class="scrolling evaluations" tabIndex={0} role="region" aria-label="Held-out evaluations">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                Step
              </th>
              <th scope="col" class="number">
                Held-out loss
              </th>
              <th scope="col" class="number">
                Minus gradient descent
              </th>
              <th scope="col" class="number">
                Standard error
              </th>
            </tr>
          </thead>
          <tbody>
            {evaluations.toReversed().map(({ step, testLoss, difference, standardError }) => (
              <tr key={step}>
                <th scope="row" class="number">
                  {formatCount(step)}
                </th>
                <td class="number">{formatLoss(testLoss)}</td>
                <td class="number">{difference === null ? '–' : difference.toExponential(3)}</td>
                <td class="number">{standardError === null ? '–' : standardError.toExponential(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
