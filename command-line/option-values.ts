// What options may be given: the numbers on the command line, read and checked.

import { InvalidArgumentError } from 'commander';
import type { StepRange } from './verify-run.js';

/** Reads whole numbers within bounds. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
    throw new InvalidArgumentError(`A whole number of ${least} to ${most} is wanted.`);
  };
}

/** Two numbers of steps as `a..b`. */
export function stepRange(text: string): StepRange {
  const [from, to] = (/^(\d+)\.\.(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (from !== undefined && to !== undefined && from <= to && Number.isSafeInteger(to)) return { from, to };
  throw new InvalidArgumentError('Two numbers of steps like 100..200 are wanted.');
}

/** Multiples of 8, or of 2048 where they are larger than that, with commas between them. */
export function batchSizes(text: string): readonly number[] {
  const sizes = text.split(',').map(integer(8, 2 ** 24));
  if (sizes.every((size) => size % (size > 2048 ? 2048 : 8) === 0)) return sizes;
  throw new InvalidArgumentError('Multiples of 8, and beyond 2048 of 2048, are wanted.');
}
