// The figure of E2.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import { solvedLoss, type RankedSizes } from './findings.js';

/** Loss against size, a panel for each rank. */
export function sizeFigure(ranked: readonly RankedSizes[]): Figure {
  const panelOf = ({ rank }: RankedSizes): string => `W_V of rank ${rank}`;
  const dots = ranked.flatMap((one) =>
    one.sizes.flatMap(({ hidden, runs }) =>
      runs.map(({ measurement }) => ({ panel: panelOf(one), hidden, loss: measurement.normalizedLoss })),
    ),
  );
  const required = ranked.map((one) => ({ panel: panelOf(one), hidden: one.required, label: `construction: ${one.required}` }));
  const sizes = [...new Set(dots.map(({ hidden }) => hidden))].toSorted((a, b) => a - b);
  const svg = draw({
    height: 340,
    fx: { label: null },
    x: { type: 'log', label: 'hidden neurons', ticks: sizes, tickFormat: String, grid: true },
    y: { type: 'log', label: 'loss relative to predicting zero', grid: true },
    marks: [
      Plot.ruleY([solvedLoss], { stroke: '#999', strokeDasharray: '2 3' }),
      Plot.ruleX(required, { fx: 'panel', x: 'hidden', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.text(required, {
        fx: 'panel',
        x: 'hidden',
        text: 'label',
        frameAnchor: 'top',
        textAnchor: 'start',
        dx: 6,
        fill: inks.theory,
      }),
      Plot.dot(dots, { fx: 'panel', x: 'hidden', y: 'loss', fill: inks.measured, fillOpacity: 0.6, r: 5 }),
    ],
  });
  const caption = `A dot is a run. The dashed line is the size of the compact construction; below the dotted line, at ${solvedLoss}, the teacher counts as identified.`;
  return { title: 'Loss against the number of neurons', caption, svg };
}
