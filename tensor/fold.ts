// Constant folding: what can be decided while a program is built. Only identities that keep every bit of finite values.

import type { ProgramBuilder } from './builder.js';
import type { Value } from './value.js';
import type { BinaryOperation } from './program.js';

/** The value of a binary operation without a new operation, where there is one. */
export function foldBinary(builder: ProgramBuilder, op: BinaryOperation, [a, b]: readonly [Value, Value]): Value | undefined {
  const [x, y] = [builder.scalarOf(a), builder.scalarOf(b)];
  if (x !== undefined && y !== undefined) return foldScalars(builder, op, { x, y, a, b });
  const covers = (value: Value, other: Value): boolean => value.rows >= other.rows && value.columns >= other.columns;
  if (op === 'multiply') {
    if (y === 1 && covers(a, b)) return a;
    if (x === 1 && covers(b, a)) return b;
  }
  if (op === 'divide' && y === 1 && covers(a, b)) return a;
  return undefined;
}

interface Scalars {
  readonly x: number;
  readonly y: number;
  readonly a: Value;
  readonly b: Value;
}

function foldScalars(builder: ProgramBuilder, op: BinaryOperation, { x, y, a, b }: Scalars): Value | undefined {
  const rows = Math.max(a.rows, b.rows);
  const columns = Math.max(a.columns, b.columns);
  // Two f32 give the correctly rounded f32 result through f64 for these operations.
  switch (op) {
    case 'add':
      return builder.constant(x + y, rows, columns);
    case 'subtract':
      return builder.constant(x - y, rows, columns);
    case 'multiply':
      return builder.constant(x * y, rows, columns);
    case 'divide':
      return y === 0 ? undefined : builder.constant(x / y, rows, columns);
    default:
      return undefined;
  }
}
