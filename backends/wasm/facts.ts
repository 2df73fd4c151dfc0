// What is known of a program's values before anything runs, and lets work be left out without changing a bit.

import { type Graph, type Value, valueAt } from './graph.js';

const oneBits = 0x3f800000;
const infinityBits = 0x7f800000;

/** Values by what is known of them. */
export interface Facts {
  /** Every element of the last column is 1, whatever the inputs. */
  readonly endingWithOnes: ReadonlySet<number>;
  /** Nothing that comes out of the program depends on the sign of the value's zeros. */
  readonly withoutZeroSign: ReadonlySet<number>;
  /** A flush changes nothing of what it is given. */
  readonly needlessFlushes: ReadonlySet<number>;
}

/** Looks at every value once for each fact: a program from elsewhere may have thousands, in chains as long. */
export function factsOf(graph: Graph): Facts {
  const endingWithOnes = new Set<number>();
  for (const value of graph.order) if (endsWithOnes(value, endingWithOnes)) endingWithOnes.add(value.index);
  const withoutZeroSign = new Set<number>();
  for (const value of graph.order.toReversed()) {
    if (isZeroSignIgnored(graph, value, withoutZeroSign)) withoutZeroSign.add(value.index);
  }
  const needlessFlushes = new Set<number>();
  for (const value of graph.order) if (isNeedlessFlush(graph, value)) needlessFlushes.add(value.index);
  return { endingWithOnes, withoutZeroSign, needlessFlushes };
}

/** Where a positive constant is added to a root, as in a quotient of Adam: the sum is at least the constant, or NaN, which flush keeps. */
function isNeedlessFlush(graph: Graph, { operation }: Value): boolean {
  if (operation.op !== 'flush') return false;
  const sum = valueAt(graph, operation.of[0]).operation;
  if (sum.op !== 'add') return false;
  const [a, b] = sum.of.map((part) => valueAt(graph, part).operation);
  const [root, constant] = a?.op === 'sqrt' ? [a, b] : [b, a];
  const threshold = (operation.exponent + 127) << 23;
  return root?.op === 'sqrt' && constant?.op === 'constant' && constant.bits >= threshold && constant.bits < infinityBits;
}

function endsWithOnes({ operation, columns }: Value, known: ReadonlySet<number>): boolean {
  switch (operation.op) {
    case 'constant':
      return operation.bits === oneBits;
    case 'table':
      return operation.bits.every((bits, element) => bits === oneBits || element % columns < columns - 1);
    case 'flush':
      return operation.exponent <= 0 && known.has(operation.of[0]);
    case 'expand':
      return known.has(operation.of[0]);
    case 'concatenate':
      return operation.axis === 'columns' ? known.has(operation.of.at(-1)!) : operation.of.every((part) => known.has(part));
    default:
      return false;
  }
}

/** Results in which the sign of a zero operand is lost: sums begin with +0, and +0 − 0 is +0. */
const losing: ReadonlySet<string> = new Set([
  ...['flush', 'absolute', 'less', 'lessOrEqual', 'equal', 'scan', 'sum', 'batchSum', 'matmul', 'product', 'weightGradient'],
]);
/** Results in which it is the sign of a zero at most. */
const keeping: ReadonlySet<string> = new Set([
  ...['add', 'subtract', 'multiply', 'negate', 'slice', 'pad', 'concatenate', 'reshape', 'transpose', 'shift', 'expand'],
]);

/** By what is known of the values that are made of this one, which come later. */
function isZeroSignIgnored(graph: Graph, { index, users }: Value, known: ReadonlySet<number>): boolean {
  if (graph.outputs.has(index)) return false;
  return users.every((user) => {
    const { op } = valueAt(graph, user).operation;
    return losing.has(op) || (keeping.has(op) && known.has(user));
  });
}
