// The figures of E1.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import type { IdentificationRun } from './findings.js';

/** λ of the neurons that matter, in every run. */
export function identificationFigures(
  main: readonly IdentificationRun[],
  short: readonly IdentificationRun[],
): readonly Figure[] {
  const runs = [...main, ...short];
  if (runs.length === 0) return [];
  const labelOf = (run: IdentificationRun): string => run.name.replace('teacher-identification', '').replace(/^[-/]+/, '');
  const dots = runs.flatMap((run) => run.measurement.influentialDecays.map((decay) => ({ run: labelOf(run), decay })));
  const svg = draw({
    height: 90 + 34 * runs.length,
    marginLeft: 210,
    x: { label: 'λ of influential neurons', domain: [-0.02, 1.02], grid: true },
    y: { label: null, domain: runs.map(labelOf) },
    marks: [Plot.dot(dots, { x: 'decay', y: 'run', fill: inks.measured, fillOpacity: 0.45, r: 5 })],
  });
  const caption =
    'A dot is a neuron whose influence is at least 2 % of the largest of its network. Attention needs λ = 1 and λ = 0 alone.';
  return [{ title: 'Decays of the neurons that matter', caption, svg }];
}
