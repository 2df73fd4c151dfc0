// Where the columns of the picture of λ begin and end, and how dark they are.

import type { LiveDecays } from '../../protocol/index.js';

/** A column of the picture: from where to where. */
export interface DecaySpan {
  readonly left: number;
  readonly right: number;
  /** Whether nothing is known on either side. */
  readonly isAlone: boolean;
}

/**
 * Columns around ascending steps, each half-way to its neighbors. Between the steps before `firstStep`, which another coordinator served, and
 * those after it nothing is known and nothing is drawn.
 */
export function decaySpans(steps: readonly number[], firstStep: number): readonly DecaySpan[] {
  const before = steps.filter((step) => step < firstStep);
  return [...spansOf(before), ...spansOf(steps.slice(before.length))];
}

function spansOf(steps: readonly number[]): readonly DecaySpan[] {
  return steps.map((step, index) => {
    const [toLeft, toRight] = [step - (steps[index - 1] ?? NaN), (steps[index + 1] ?? NaN) - step];
    const half = (gap: number, other: number): number => (Number.isNaN(gap) ? other : gap) / 2 || 0;
    return { left: step - half(toLeft, toRight), right: step + half(toRight, toLeft), isAlone: steps.length === 1 };
  });
}

/** The most neurons that any interval of λ has at any step: the darkest color. */
export const mostNeurons = (samples: readonly LiveDecays[]): number => Math.max(1, ...samples.flatMap(({ counts }) => counts));

/** How dark a part of the most neurons is drawn: a single one is to be seen. */
export const shadeOf = (share: number): number => (share <= 0 ? 0 : 0.1 + 0.9 * share ** 0.8);
