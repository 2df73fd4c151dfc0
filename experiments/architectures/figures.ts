// The figure of E4: loss against size, by architecture.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import { lossesOf, lossSpread, type ArchitectureGroup, type ComparedTask } from './groups.js';
import { doubledOptimum, optimum } from './theory.js';

const captions: Readonly<Record<ComparedTask, string>> = {
  regression: `Held-out loss on regression in context (B). The dashed line is theory: one optimal step of gradient descent, ${optimum.toFixed(4)} (${doubledOptimum.toFixed(4)} at twice the variance), below which neither LSA nor Eq. 2 can be.`,
  imitation: 'Held-out loss on the imitation of a layer of linear attention (A), in units of predicting zero.',
};

/** A figure for each task that has runs. */
export function architectureFigures(groups: readonly ArchitectureGroup[]): readonly Figure[] {
  return (['regression', 'imitation'] as const).flatMap((task) => {
    const own = groups.filter((group) => group.task === task);
    return own.length === 0 ? [] : [sizeFigure(own, task)];
  });
}

function sizeFigure(groups: readonly ArchitectureGroup[], task: ComparedTask): Figure {
  const means = groups
    .map((group) => ({ ...placeOf(group), loss: lossSpread(group).mean }))
    .toSorted((a, b) => a.parameters - b.parameters);
  const runs = groups.flatMap((group) => lossesOf(group).map((loss) => ({ ...placeOf(group), loss })));
  // A name stands at the largest network of an architecture.
  const ends = means.filter(({ architecture, parameters }) => {
    return means.every((other) => other.architecture !== architecture || other.parameters <= parameters);
  });
  const theory = task === 'regression' ? [{ loss: optimum }] : [];
  const svg = draw({
    height: 440,
    marginRight: 170,
    x: { type: 'log', label: 'parameters', grid: true, ticks: 5, tickFormat: (count: number) => count.toLocaleString('en-US') },
    y: {
      type: 'log',
      label: task === 'regression' ? 'half the mean squared error per output' : 'normalized loss',
      grid: true,
      ticks: 6,
    },
    marks: [
      Plot.ruleY(theory, { y: 'loss', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.line(means, { x: 'parameters', y: 'loss', z: 'architecture', stroke: inks.measured, strokeOpacity: 0.5 }),
      Plot.dot(runs, { x: 'parameters', y: 'loss', fill: inks.measured, fillOpacity: 0.6, r: 3.5 }),
      Plot.text(ends, Plot.dodgeY({ x: 'parameters', text: 'architecture', textAnchor: 'start', dx: 8 })),
    ],
  });
  const title = task === 'regression' ? 'Regression in context against size' : 'Imitation of attention against size';
  return { title, caption: `${captions[task]} A dot is a run; lines connect the means of an architecture's sizes.`, svg };
}

const placeOf = ({ architecture, parameterCount }: ArchitectureGroup) => ({ architecture, parameters: parameterCount });
