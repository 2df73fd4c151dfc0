// The function that a network has learned, beside the one of theory.

import * as Plot from '@observablehq/plot';
import type { LagCoefficient } from '../lag-coefficients.js';
import type { PolynomialReading } from '../network-reading.js';
import { draw, inks, type Figure } from './figure.js';
import { shortNumber } from './curves.js';

/** Every coefficient of the instantaneous polynomial against that of theory. */
export function polynomialFigure({ coefficients }: PolynomialReading, against: string): Figure {
  const bound = 1.1 * Math.max(...coefficients.flatMap(({ found, wanted }) => [Math.abs(found), Math.abs(wanted)]), 1e-12);
  const svg = draw({
    height: 360,
    width: 420,
    x: { label: `coefficient of ${against}`, domain: [-bound, bound], grid: true, tickFormat: shortNumber, ticks: 5 },
    y: { label: 'coefficient of the network', domain: [-bound, bound], grid: true, tickFormat: shortNumber, ticks: 5 },
    marks: [
      Plot.line(
        [
          [-bound, -bound],
          [bound, bound],
        ],
        { stroke: inks.theory, strokeDasharray: '6 4' },
      ),
      Plot.dot(coefficients, { x: 'wanted', y: 'found', fill: inks.measured, fillOpacity: 0.5, r: 3 }),
    ],
  });
  const caption = `A dot is a monomial of one output, in the answer to a first token; on the dashed line network and ${against} are equal. The column at 0 are monomials that ${against} does not have.`;
  return { title: 'The instantaneous polynomial', caption, svg };
}

/** How much an example counts by its age, against the rate of one optimal gradient step. */
export function lagFigure(lags: readonly LagCoefficient[], learningRate: number): Figure {
  const theory = [{ rate: learningRate, label: `theory: η* = ${shortNumber(learningRate)}` }];
  const top = 1.15 * Math.max(learningRate, ...lags.map(({ maximum }) => maximum));
  const svg = draw({
    height: 240,
    x: { label: 'age of the example in tokens', ticks: lags.length, tickFormat: String },
    y: {
      label: 'coefficient',
      grid: true,
      domain: [Math.min(0, ...lags.map(({ minimum }) => minimum)), top],
      tickFormat: shortNumber,
    },
    marks: [
      Plot.ruleX(lags, { x: 'age', y1: 'minimum', y2: 'maximum', stroke: inks.measured, strokeWidth: 2 }),
      Plot.dot(lags, { x: 'age', y: 'mean', fill: inks.measured, r: 4 }),
      Plot.ruleY(theory, { y: 'rate', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.text(theory, { y: 'rate', text: 'label', frameAnchor: 'left', textAnchor: 'start', dx: 8, dy: 16, fill: inks.theory }),
    ],
  });
  const caption =
    'What multiplies y_i x_j of an example and x_j of the query in output i: mean and range over i and j. One step of gradient descent has η* for all.';
  return { title: 'How examples count', caption, svg };
}
