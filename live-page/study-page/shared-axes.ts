// The axes that all small charts of a study share, so that a glance compares them.

import type { DecimatedCurve, StudyTest } from '../../protocol/index.js';

/** Steps from 0 on, and losses on a logarithmic axis. */
export interface SharedAxes {
  readonly stepCount: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** What is looked at of a run. */
export interface AxesRun {
  readonly head: { readonly stepCount: number };
  readonly standing: { readonly peek: () => { readonly optimum: number | null } };
  readonly curve: DecimatedCurve;
  readonly tests: { readonly peek: () => readonly StudyTest[] };
}

/** A run that diverges is seen to leave, and takes nobody's room. */
const mostRise = 4;
const smallestLoss = 1e-12;
const nothingKnown = { minimum: 0.1, maximum: 1 };

/** Axes around what is drawn, with ends that are round, so that they seldom change. */
export function sharedAxes(runs: readonly AxesRun[]): SharedAxes {
  const stepCount = runs.reduce((most, { head }) => Math.max(most, head.stepCount), 1);
  let [smallest, largest, start] = [Infinity, 0, 0];
  const look = (loss: number | null | undefined): void => {
    if (loss === null || loss === undefined || !(loss >= smallestLoss)) return;
    [smallest, largest] = [Math.min(smallest, loss), Math.max(largest, loss)];
  };
  for (const { curve, tests, standing } of runs) {
    const { extent } = curve;
    start = Math.max(start, extent?.first ?? 0);
    for (const loss of [extent?.smallest, extent?.largest, standing.peek().optimum]) look(loss);
    for (const { loss } of tests.peek()) look(loss);
  }
  if (largest === 0) return { stepCount, ...nothingKnown };
  const ceiling = start > 0 ? Math.min(largest, mostRise * start) : largest;
  const [minimum, maximum] = [roundDown(Math.min(smallest, ceiling)), roundUp(ceiling)];
  return { stepCount, minimum, maximum: maximum > minimum ? maximum : 10 * minimum };
}

const multiples = [1, 2, 5, 10];

/** The largest of 1, 2 and 5 times a power of ten that is not above a value. */
export function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const multiple = multiples.findLast((one) => one * power <= value * (1 + 1e-12)) ?? 1;
  return Number((multiple * power).toPrecision(3));
}

/** The smallest of them that is not below it. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const multiple = multiples.find((one) => one * power >= value * (1 - 1e-12)) ?? 10;
  return Number((multiple * power).toPrecision(3));
}
