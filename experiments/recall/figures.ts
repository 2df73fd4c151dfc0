// The figures of E5: accuracy by architecture, a figure for each task.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import { groupName, taskTitles } from './names.js';
import type { RecallGroup } from './groups.js';

/** A figure of a task's groups. */
export function accuracyFigure(groups: readonly RecallGroup[], guess: number): Figure {
  const [first] = groups;
  if (first === undefined) throw new RangeError('Cannot draw accuracies: no groups found, one or more wanted');
  const bars = groups
    .map((group) => ({
      name: groupName(group),
      accuracy: 100 * mean(group.accuracies),
      largest: 100 * Math.max(...group.accuracies),
    }))
    .toSorted((a, b) => b.accuracy - a.accuracy);
  const dots = groups.flatMap((group) =>
    group.accuracies.map((accuracy) => ({ name: groupName(group), accuracy: 100 * accuracy })),
  );
  const svg = draw({
    height: 60 + 24 * bars.length,
    marginLeft: 190,
    marginRight: 50,
    x: { label: 'answers that are right, in percent', domain: [0, 100], grid: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      Plot.barX(bars, { x: 'accuracy', y: 'name', fill: inks.measured, fillOpacity: 0.55 }),
      Plot.dot(dots, { x: 'accuracy', y: 'name', fill: inks.measured, r: 3 }),
      Plot.text(bars, {
        x: 'largest',
        y: 'name',
        text: ({ accuracy }: { accuracy: number }) => accuracy.toFixed(1),
        textAnchor: 'start',
        dx: 6,
      }),
      Plot.ruleX([100 * guess], { stroke: inks.theory, strokeDasharray: '6 4' }),
    ],
  });
  const caption =
    'A bar is the mean over seeds, a dot is a run; the number in brackets is the size. The dashed line is guessing among all answers.';
  return { title: `Accuracy: ${taskTitles[first.task]}`, caption, svg };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
