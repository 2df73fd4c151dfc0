// The figures of E1.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import type { IdentificationRun } from './findings.js';

/** λ of the neurons that matter, and losses over steps, in every run that has ended. */
export function identificationFigures(
  main: readonly IdentificationRun[],
  short: readonly IdentificationRun[],
): readonly Figure[] {
  const runs = [...main, ...short];
  return runs.length === 0 ? [] : [curveFigure(runs), decayFigure(runs)];
}

const labelOf = ({ name }: IdentificationRun): string => name.replace('teacher-identification', '').replace(/^[-/]+/, '');

const panelOf = ({ config: { model, optimizer } }: IdentificationRun): string => {
  const hidden = model.name === 'gated-rnn' ? model.hidden : 0;
  return `${hidden} neurons, weight decay ${'weightDecay' in optimizer ? optimizer.weightDecay : 0}`;
};

function curveFigure(runs: readonly IdentificationRun[]): Figure {
  const points = runs.flatMap((run) =>
    run.measurement.curve
      .filter(({ step, normalizedLoss }) => step > 0 && normalizedLoss > 0)
      .map((point) => ({ ...point, run: run.name, panel: panelOf(run) })),
  );
  const svg = draw({
    height: 60 + 160 * new Set(points.map(({ panel }) => panel)).size,
    marginRight: 225,
    fy: { label: null },
    x: { type: 'log', label: 'optimizer steps, in thousands', grid: true, ticks: 6, transform: (step: number) => step / 1000 },
    y: {
      type: 'log',
      label: 'loss relative to predicting zero',
      grid: true,
      ticks: 4,
      tickFormat: (x: number) => x.toExponential(0),
    },
    marks: [
      Plot.line(points, { fy: 'panel', x: 'step', y: 'normalizedLoss', z: 'run', stroke: inks.measured, strokeOpacity: 0.6 }),
      Plot.dot(points, { fy: 'panel', x: 'step', y: 'normalizedLoss', fill: inks.measured, fillOpacity: 0.6, r: 3 }),
    ],
  });
  return { title: 'Loss over steps', caption: 'Evaluations on held-out sequences; a line for each run.', svg };
}

function decayFigure(runs: readonly IdentificationRun[]): Figure {
  const dots = runs.flatMap((run) => run.measurement.influentialDecays.map((decay) => ({ run: labelOf(run), decay })));
  const svg = draw({
    height: 90 + 34 * runs.length,
    marginLeft: 240,
    x: { label: 'λ of influential neurons', domain: [-0.02, 1.02], grid: true },
    y: { label: null, domain: runs.map(labelOf) },
    marks: [Plot.dot(dots, { x: 'decay', y: 'run', fill: inks.measured, fillOpacity: 0.45, r: 5 })],
  });
  const caption =
    'A dot is a neuron whose influence is at least 2 % of the largest of its network. Attention needs λ = 1 and λ = 0 alone.';
  return { title: 'Decays of the neurons that matter', caption, svg };
}
