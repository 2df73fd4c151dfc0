// How the recurrent decays λ of all neurons are spread, step by step: a strip of color for each interval of λ, darker where more neurons
// lie. A network that discovers attention ends with neurons at λ = 1, which hold products of keys and values, and at λ = 0, which hold the query.

import type uPlot from 'uplot';
import { liveLimits } from '../../protocol/index.js';
import { Chart, type Ink } from './chart.js';
import { cursor, stepAxis, stepScale, telling, verticalAxis } from './chart-style.js';
import { decaySpans, mostNeurons, shadeOf } from './decay-columns.js';
import type { RunView } from './run-view.js';
import { formatCount } from './words.js';

const bins = liveLimits.decayBins;
/** Pixels of a column that stands alone. */
const aloneWidth = 3;

/** The chart; for models without λ, a word about that. */
export function DecayChart({ view }: { readonly view: RunView }) {
  const samples = view.decays.value;
  const { firstStep = 0 } = view.run.value ?? {};
  const neuronCount = (samples[0]?.counts ?? []).reduce((sum, count) => sum + count, 0);
  return (
    <section class="card panel half" aria-labelledby="decays-title">
      <h2 id="decays-title">Memory: the spread of λ</h2>
      {samples.length === 0 ? (
        <p class="empty">This model has no recurrent decay λ.</p>
      ) : (
        <>
          <p class="small">
            {formatCount(neuronCount)} neurons; λ = 1 remembers, λ = 0 forgets at once. In theory a network that attends has
            neurons at both ends and none between.
            {firstStep === 0 ? '' : ` Of the steps from 1 to ${formatCount(firstStep - 1)} λ is not kept.`}
          </p>
          <Chart
            id="decay-chart"
            heightPixels={250}
            summary={summaryOf(view)}
            options={(ink, tell) => options(view, ink, tell)}
            watch={() => view.decays.value}
            data={() => [view.decays.peek().map(({ step }) => step), view.decays.peek().map(() => 0)]}
          />
          <p class="ramp small" aria-hidden="true">
            no neuron <span class="ramp-bar" /> {formatCount(mostNeurons(samples))} neurons in one of {bins} intervals
          </p>
        </>
      )}
    </section>
  );
}

function summaryOf(view: RunView): string {
  const last = view.decays.value.at(-1);
  if (last === undefined) return 'Spread of λ over steps';
  const total = last.counts.reduce((sum, count) => sum + count, 0);
  const share = (begin: number, end: number): string => {
    const count = last.counts.slice(begin, end).reduce((sum, one) => sum + one, 0);
    return `${Math.round((100 * count) / total)} %`;
  };
  const tenth = bins / 10;
  return `Spread of λ over steps. After step ${last.step}: ${share(0, tenth)} of the neurons below 0.1, ${share(bins - tenth, bins)} above 0.9.`;
}

function options(view: RunView, ink: Ink, tell: (text: string) => void): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    cursor: { ...cursor, points: { show: false } },
    legend: { show: false },
    scales: { x: stepScale, y: { range: [0, 1] } },
    axes: [stepAxis(ink), verticalAxis(ink, 'λ')],
    series: [{}, { stroke: 'transparent', points: { show: false } }],
    hooks: { ...telling(tell, (index) => describe(view, index)), drawClear: [(plot) => paint(plot, view, ink('training'))] },
  };
}

function paint(plot: uPlot, view: RunView, color: string): void {
  const samples = view.decays.peek();
  const spans = decaySpans(
    samples.map(({ step }) => step),
    view.run.peek()?.firstStep ?? 0,
  );
  const most = mostNeurons(samples);
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.fillStyle = color;
  for (const [column, { counts }] of samples.entries()) {
    const { left: begin = 0, right: end = 0, isAlone = false } = spans[column] ?? {};
    const left = Math.round(plot.valToPos(begin, 'x', true));
    const right = Math.max(Math.round(plot.valToPos(end, 'x', true)), isAlone ? left + aloneWidth : left);
    // Narrower than a pixel: the neighbors stand for it.
    if (right <= left) continue;
    for (const [bin, count] of counts.entries()) {
      if (count === 0) continue;
      const top = Math.round(plot.valToPos((bin + 1) / bins, 'y', true));
      const bottom = Math.round(plot.valToPos(bin / bins, 'y', true));
      ctx.globalAlpha = shadeOf(count / most);
      ctx.fillRect(left, top, right - left, bottom - top);
    }
  }
  ctx.restore();
}

function describe(view: RunView, index: number): string {
  const sample = view.decays.peek()[index];
  if (sample === undefined) return '';
  const count = (begin: number, end: number): string => {
    return formatCount(sample.counts.slice(begin, end).reduce((sum, one) => sum + one, 0));
  };
  const tenth = bins / 10;
  return `Step ${formatCount(sample.step)}: ${count(0, tenth)} below 0.1, ${count(tenth, bins - tenth)} between, ${count(bins - tenth, bins)} above 0.9`;
}
