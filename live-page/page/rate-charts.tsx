// How fast the run is, and how fast it learns.

import type uPlot from 'uplot';
import { Chart, type Ink } from './chart.js';
import { axis, columnsOf, cursor, stepAxis, stepScale, telling, verticalAxis } from './chart-style.js';
import type { RunView } from './run-view.js';
import { timeTicks } from './ticks.js';
import { formatCount, formatDuration, formatElapsed } from './words.js';

type Options = Omit<uPlot.Options, 'width' | 'height'>;

const heightPixels = 190;

/** Learning rate over steps. */
export function LearningRateChart({ view }: { readonly view: RunView }) {
  const columns = () => columnsOf(view.curves.peek().learningRate);
  const options = (ink: Ink, tell: (text: string) => void): Options => {
    return lineOptions(ink, {
      horizontal: stepAxis(ink),
      scale: stepScale,
      label: 'learning rate',
      hooks: telling(tell, (index) => {
        const { position, last } = columns();
        return `Step ${formatCount(position[index] ?? 0)}: learning rate ${(last[index] ?? 0).toPrecision(4)}`;
      }),
    });
  };
  const data = (): uPlot.AlignedData => {
    const { position, last } = columns();
    return [position, last];
  };
  const watch = () => view.curves.value;
  const rate = view.progress.value?.learningRate ?? null;
  const now = rate === null ? 'unknown before the first step' : `now ${rate.toPrecision(4)}`;
  return (
    <section class="card panel half" aria-labelledby="learning-rate-title">
      <h2 id="learning-rate-title">Learning rate</h2>
      <Chart id="learning-rate-chart" summary={`Learning rate over steps, ${now}`} {...{ heightPixels, options, watch, data }} />
    </section>
  );
}

/** Sequences per second over time. */
export function ThroughputChart({ view }: { readonly view: RunView }) {
  const columns = () => columnsOf(view.curves.peek().throughput);
  const options = (ink: Ink, tell: (text: string) => void): Options => {
    return lineOptions(ink, {
      horizontal: axis(ink, 'time since the coordinator began', {
        splits: (_, __, minimum, maximum) => [...timeTicks(minimum, maximum)],
        values: (_, splits) => splits.map(formatElapsed),
      }),
      scale: { time: false, range: (_, __, maximum) => [0, Math.max(10, maximum)] },
      label: 'sequences per second',
      hooks: telling(tell, (index) => {
        const { position, mean } = columns();
        return `After ${formatDuration(position[index] ?? 0)}: ${formatCount(mean[index] ?? 0)} sequences per second`;
      }),
    });
  };
  const data = (): uPlot.AlignedData => {
    const { position, mean } = columns();
    return [position, mean];
  };
  const watch = () => view.curves.value;
  const rate = formatCount(view.progress.value?.sequencesPerSecond ?? 0);
  return (
    <section class="card panel half" aria-labelledby="throughput-title">
      <h2 id="throughput-title">Throughput</h2>
      <Chart
        id="throughput-chart"
        summary={`Sequences per second over time, now ${rate}`}
        {...{ heightPixels, options, watch, data }}
      />
    </section>
  );
}

interface Line {
  readonly horizontal: uPlot.Axis;
  readonly scale: uPlot.Scale;
  readonly label: string;
  readonly hooks: uPlot.Hooks.Arrays;
}

/** One line from zero up. */
function lineOptions(ink: Ink, { horizontal, scale, label, hooks }: Line): Options {
  return {
    cursor,
    legend: { show: false },
    scales: {
      x: scale,
      y: { range: (_, __, maximum) => [0, maximum > 0 ? 1.08 * maximum : 1] },
    },
    axes: [horizontal, verticalAxis(ink, label)],
    series: [{}, { stroke: ink('training'), width: 1.5, fill: ink('band'), points: { show: false }, spanGaps: true }],
    hooks,
  };
}
