// Random gradient programs, on inputs of magnitudes where something may go wrong.

import { fc } from '@fast-check/vitest';

import type { Program, ProgramBuilder, Value } from '../../tensor/index.js';
import { denseRecurrence } from './cells.js';
import { noise, weigh } from './finite-differences.js';
import { programOf } from './programs.js';

const [T, U] = [3, 2];
const count = U * U + T * U + U;

/** From two values of shape [T, U], and the parameters, another one. */
type Step = (
  b: ProgramBuilder,
  operands: { readonly x: Value; readonly y: Value; readonly w: Value; readonly bias: Value },
) => Value;

const steps: readonly Step[] = [
  (b, { x, y }) => b.add(x, y),
  (b, { x, y }) => b.subtract(x, y),
  (b, { x, y }) => b.multiply(x, y),
  (b, { x, bias }) => b.multiply(x, bias),
  (b, { x, y }) => b.divide(x, b.add(b.square(y), 0.25)),
  (b, { x, y }) => b.maximum(b.tanh(x), y),
  (b, { x, y }) => b.select(b.less(x, y), b.sigmoid(x), y),
  (b, { x, y }) => b.multiply(b.exp(b.negate(b.square(x))), y),
  (b, { x }) => b.log(b.add(b.square(x), 2 ** -20)),
  (b, { x }) => b.sqrt(b.add(b.square(x), 2 ** -40)),
  (b, { x, y }) => b.multiply(b.sin(x), b.cos(y)),
  (b, { x, w }) => b.matmul(x, w),
  (b, { x, w }) => b.matmul(b.multiply(x, 2 ** -20), w, true),
  (b, { x, y }) => b.matmul(b.multiply(x, y), b.constant(0.5, U, U)),
  (b, { x, y }) => b.product(b.product(x, y, 'nt', 'output'), x, 'nn', 'left'),
  (b, { x, y }) => b.product(x, b.product(y, x, 'tn'), 'nn'),
  (b, { x, y }) => b.scan(b.sigmoid(x), y),
  (b, { x, bias }) => b.scan(bias, x, true),
  (b, { x, y }) => b.multiply(b.sum(x, 'rows'), b.max(y)),
  (b, { x, w }) => denseRecurrence(b, b.multiply(x, 2 ** -30), w),
  (b, { x, y }) => b.shift(b.concatenate([b.slice(x, { columns: 1 }), b.slice(y, { columns: 1 })], 'columns'), 1),
];

/** Magnitudes where something may go wrong: near the threshold, near its square, near the smallest normal number, and below. */
const exponents = [0, 0, 0, -1, -3, -24, -25, -26, -50, -51, -52, -60, -63, -75, -100, -102, -125, -126, -127, -149];
/** A number of any of these magnitudes. */
export const magnitude = fc
  .tuple(fc.constantFrom(...exponents), fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }), fc.boolean())
  .map(([exponent, mantissa, negative]) => Math.fround((negative ? -1 : 1) * mantissa * 2 ** exponent));

/** Steps, and which earlier values each of them takes. */
export const choices = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 });
/** Inputs of a random program. */
export const magnitudes = fc.array(magnitude, { minLength: count, maxLength: count });

/** The gradient program of a loss that these steps make. */
export function randomProgram(chosen: readonly (readonly [number, number, number])[]): Program {
  return programOf((b) => {
    const [w, p, bias] = [b.input('w', U, U), b.input('p', T, U), b.input('bias', 1, U)];
    const values = [b.expand(p, T, U), b.multiply(b.expand(p, T, U), noise(b, T, U)), noise(b, T, U)];
    for (const [step, left, right] of chosen) {
      const [x, y] = [values[left % values.length]!, values[right % values.length]!];
      values.push(steps[step % steps.length]!(b, { x, y, w, bias }));
    }
    const loss = weigh(b, values.at(-1)!);
    for (const [index, gradient] of b.gradients(loss, [w, p, bias]).entries()) b.output(`gradient/${index}`, gradient);
    b.output('value', b.batchSum(values.at(-1)!, true));
    b.output('loss', b.batchSum(loss));
  });
}
