// The figures of E4: loss against size, by architecture.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import { formatNumber } from '../spread.js';
import { lossesOf, lossSpread, type ArchitectureGroup, type ComparedTask } from './groups.js';
import { placeLabels } from './label-places.js';
import { optimum } from './theory.js';

const titles: Readonly<Record<ComparedTask, string>> = {
  regression: 'Regression in context against size',
  imitation: 'Imitation of attention against size',
};
const axes: Readonly<Record<ComparedTask, string>> = {
  regression: 'half the mean squared error per output',
  imitation: 'normalized loss',
};
/** Losses below this would leave the others no room. */
const leastDrawn = 1e-8;
/** Pixels of a letter of a name, and around the name. */
const [labelWidth, labelGap] = [6.2, 12];

/** A figure for each task that has runs. */
export function architectureFigures(groups: readonly ArchitectureGroup[]): readonly Figure[] {
  return (['regression', 'imitation'] as const).flatMap((task) => {
    const own = groups.filter((group) => group.task === task && group.budget === '');
    const drawn = own.filter((group) => lossSpread(group).mean >= leastDrawn);
    return drawn.length === 0 ? [] : [sizeFigure(own, drawn, task)];
  });
}

function sizeFigure(groups: readonly ArchitectureGroup[], drawn: readonly ArchitectureGroup[], task: ComparedTask): Figure {
  const means = drawn
    .map((group) => ({ ...placeOf(group), loss: lossSpread(group).mean }))
    .toSorted((a, b) => a.parameters - b.parameters);
  const runs = drawn.flatMap((group) => lossesOf(group).map((loss) => ({ ...placeOf(group), loss })));
  const theory = task === 'regression' ? [{ loss: optimum }] : [];
  const losses = [...runs, ...theory].map(({ loss }) => loss);
  const domain = [0.85 * Math.min(...losses), 1.15 * Math.max(...losses)] as const;
  // A name belongs to the largest network of its architecture.
  const ends = [...new Map(means.map((mean) => [mean.architecture, mean])).values()];
  const edge = 1.3 * Math.max(...means.map(({ parameters }) => parameters));
  const labels = placeLabels(ends, domain).map((label) => ({ ...label, edge }));
  const svg = draw({
    height: 440,
    marginRight: labelWidth * Math.max(...labels.map(({ architecture }) => architecture.length)) + labelGap,
    x: {
      ...{ type: 'log', label: 'parameters', grid: true, ticks: 4 },
      domain: [0.8 * Math.min(...means.map(({ parameters }) => parameters)), edge],
      tickFormat: (count: number) => count.toLocaleString('en-US'),
    },
    y: { type: 'log', label: axes[task], grid: true, ticks: 5, domain, tickFormat: formatNumber },
    marks: [
      Plot.ruleY(theory, { y: 'loss', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.link(labels, { x1: 'parameters', y1: 'loss', x2: 'edge', y2: 'place', stroke: inks.between, strokeOpacity: 0.35 }),
      Plot.line(means, { x: 'parameters', y: 'loss', z: 'architecture', stroke: inks.measured, strokeWidth: 2 }),
      Plot.dot(runs, { x: 'parameters', y: 'loss', fill: inks.measured, fillOpacity: 0.6, r: 3.5 }),
      Plot.text(labels, { x: 'edge', y: 'place', text: 'architecture', textAnchor: 'start', dx: 5 }),
    ],
  });
  return { title: titles[task], caption: `${captions[task]} ${shared}${leftOut(groups, drawn)}`, svg };
}

const captions: Readonly<Record<ComparedTask, string>> = {
  regression: `Held-out loss on regression in context (B). The dashed line is one optimal step of gradient descent, ${optimum.toFixed(4)} in theory, below which neither LSA nor Eq. 2 can be.`,
  imitation: 'Held-out loss on the imitation of a layer of linear attention (A), in units of predicting zero.',
};
const shared =
  "A dot is a run at its architecture's learning rate; thick lines connect the means of sizes, thin ones lead to names.";

function leftOut(groups: readonly ArchitectureGroup[], drawn: readonly ArchitectureGroup[]): string {
  const below = groups.filter((group) => !drawn.includes(group));
  const names = below.map((group) => `${group.architecture} ends at ${formatNumber(lossSpread(group).mean)}`);
  return names.length === 0 ? '' : ` Far below what is drawn: ${names.join(', ')}.`;
}

const placeOf = ({ architecture, parameterCount }: ArchitectureGroup) => ({ architecture, parameters: parameterCount });
