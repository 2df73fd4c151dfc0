// What all charts share: axes, cursor, and how buckets become columns.

import type uPlot from 'uplot';
import type { DecimatedCurve, LiveBucket } from '../../protocol/index.js';
import type { Ink } from './chart.js';
import { formatTick, linearTicks, logarithmicTicks } from './ticks.js';

const font = '12px system-ui, sans-serif';

/** An axis in the page's colors. */
export function axis(ink: Ink, label: string, more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    stroke: ink('soft'),
    font,
    label,
    labelFont: font,
    labelSize: 20,
    size: 28,
    grid: { stroke: ink('grid'), width: 1 },
    ticks: { show: false },
    splits: (_, __, minimum, maximum) => [...linearTicks(minimum, maximum)],
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map((value) => formatTick(value)),
    ...more,
  };
}

/** The axis of steps, which are whole. */
export function stepAxis(ink: Ink): uPlot.Axis {
  return axis(ink, 'optimizer step', {
    splits: (_, __, minimum, maximum) => linearTicks(minimum, maximum).filter((tick) => Number.isInteger(tick)),
  });
}

/** From the first step on; the first ten have room from the beginning. */
export const stepScale: uPlot.Scale = { time: false, range: (_, __, maximum) => [0, Math.max(10, maximum)] };

/** The same, with as much room for every doubling. */
export function logarithmicStepAxis(ink: Ink): uPlot.Axis {
  const splits = (_: unknown, __: unknown, minimum: number, maximum: number): number[] => {
    return logarithmicTicks(minimum, maximum).filter((tick) => Number.isInteger(tick));
  };
  return axis(ink, 'optimizer step', { splits });
}

/** From the first step on, on a logarithmic axis. */
export const logarithmicStepScale: uPlot.Scale = {
  ...{ time: false, log: 10, range: (_: unknown, __: number | null, maximum: number | null) => [1, Math.max(10, maximum ?? 10)] },
  // uPlot declares a name for it that is not there at run time.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
  distr: 3,
};

/** The vertical axis of a chart: its numbers have room for five digits. */
export function verticalAxis(ink: Ink, label: string, more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return axis(ink, label, { size: 56, ...more });
}

/** A cursor that shows where the pointer is and selects nothing. */
export const cursor: uPlot.Cursor = { y: false, drag: { x: false, y: false, setScale: false } };

/** Tells what is under the pointer. */
export function telling(tell: (text: string) => void, describe: (index: number) => string): uPlot.Hooks.Arrays {
  return { setCursor: [({ cursor: { idx } }) => tell(idx === null || idx === undefined ? '' : describe(idx))] };
}

/** The middle of what a bucket covers; of the newest one, of what it has. */
export function middleOf(width: number, [index, count]: LiveBucket): number {
  return index * width + (Math.min(count, width) - 1) / 2;
}

/** The columns of a curve. */
export function columnsOf(curve: DecimatedCurve) {
  const { width, buckets } = curve.all;
  return {
    width,
    position: buckets.map((bucket) => middleOf(width, bucket)),
    count: buckets.map(([, count]) => count),
    mean: buckets.map(([, , mean]) => mean),
    smallest: buckets.map(([, , , smallest]) => smallest),
    largest: buckets.map(([, , , , largest]) => largest),
    last: buckets.map(([, , , , , last]) => last),
  };
}
