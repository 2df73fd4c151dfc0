// Where the columns of the picture of λ begin and end, and how dark they are.

import type { LiveDecays } from '../../protocol/index.js';

/** The edges of columns around ascending steps: half-way to the neighbors, the first and the last column as wide as on their other side. */
export function columnEdges(steps: readonly number[]): readonly number[] {
  const [first = 0, second = first + 1] = steps;
  const last = steps.at(-1) ?? 0;
  const before = steps.at(-2) ?? last - 1;
  const between = steps.slice(1).map((step, index) => (step + (steps[index] ?? step)) / 2);
  return [first - (second - first) / 2, ...between, last + (last - before) / 2];
}

/** The most neurons that any interval of λ has at any step: the darkest color. */
export const mostNeurons = (samples: readonly LiveDecays[]): number => Math.max(1, ...samples.flatMap(({ counts }) => counts));

/** How dark a part of the most neurons is drawn: a single one is to be seen. */
export const shadeOf = (share: number): number => (share <= 0 ? 0 : 0.1 + 0.9 * share ** 0.8);
