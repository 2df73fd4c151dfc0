// What every gradient program has to satisfy, whatever it computes.

import { expect } from 'vitest';

import { bitsOf, threefry2x32, type Program, type ProgramBuilder, type Value } from '../../tensor/index.js';
import { flushing, mathematics, strict } from './arithmetics.js';
import { eight, interpret, programOf } from './programs.js';
import { runOn } from './second-machine.js';

/** Parameters by name: their shapes. */
export type Shapes = Readonly<Record<string, readonly [number, number]>>;

/** Writes a loss of the parameters, which come in the order of their shapes. */
export type LossAuthor = (b: ProgramBuilder, ...parameters: readonly Value[]) => Value;

/** The gradient program of a loss. */
export function gradientProgram(shapes: Shapes, author: LossAuthor): Program {
  return programOf((b) => {
    const names = Object.keys(shapes);
    const parameters = names.map((name) => b.input(name, ...shapes[name]!));
    const loss = author(b, ...parameters);
    b.gradients(loss, parameters).forEach((gradient, index) => b.output(`gradient/${names[index]!}`, gradient));
    b.output('loss', b.batchSum(loss, true));
  });
}

/** Numbers between `low` and `high`, the same on every call. */
export function numbers(count: number, low: number, high: number): readonly number[] {
  return Array.from({ length: count }, (_, index) =>
    Math.fround(low + ((high - low) * (threefry2x32([1, 2], [count, index])[0] + 0.5)) / 2 ** 32),
  );
}

/** Numbers in (−1, 1), other ones in every sequence. */
export const noise = (b: ProgramBuilder, rows: number, columns: number): Value =>
  b.subtract(b.multiply(b.uniform(rows, columns), 2), 1);

/** A loss that gives every element of x a weight of its own. */
export function weigh(b: ProgramBuilder, x: Value): Value {
  const timed = x.space === 'sequence' ? x : b.expand(x, x.rows, x.columns);
  return b.sum(b.sum(b.multiply(timed, noise(b, x.rows, x.columns)), 'columns'), 'rows');
}

const bitsOfAll = (values: readonly number[]): readonly number[] => values.map(bitsOf);

/**
 * Checks a gradient program: its gradients are central differences of its loss (in f64), the interpreter is close to them, and a
 * second machine, with subnormal numbers or without, gives the interpreter's bits.
 */
export function expectGradients(program: Program, inputs: readonly number[]): void {
  const microbatch = eight;
  const exact = runOn(mathematics, program, { inputs, microbatch });
  const lossAt = (at: readonly number[]): number =>
    runOn(mathematics, program, { inputs: at, microbatch, only: 'loss' }).reduce((sum, x) => sum + x, 0);
  const step = 1e-5;
  const differences = inputs.map((_, index) => {
    const moved = (by: number): readonly number[] => inputs.map((x, at) => (at === index ? x + by : x));
    return (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
  });
  const scale = Math.max(1, ...differences.map(Math.abs));
  const gradients = exact.slice(0, inputs.length);
  expectClose(gradients, differences, 1e-6 * scale);
  const interpreted = Object.values(interpret(program, inputs)).flat();
  expectClose(interpreted, exact, 2e-5 * Math.max(1, ...exact.map(Math.abs)));
  expectSameBits(program, inputs, interpreted);
}

/** Checks that the second machine gives the interpreter's bits, with subnormal numbers and without. */
export function expectSameBits(
  program: Program,
  inputs: readonly number[],
  interpreted = Object.values(interpret(program, inputs)).flat(),
): void {
  for (const arithmetic of [strict, flushing]) {
    expect(bitsOfAll(runOn(arithmetic, program, { inputs, microbatch: eight }))).toEqual(bitsOfAll(interpreted));
  }
}

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  const far = found.flatMap((x, index) =>
    Math.abs(x - wanted[index]!) <= tolerance ? [] : [{ index, x, wanted: wanted[index] }],
  );
  expect(far).toEqual([]);
}
