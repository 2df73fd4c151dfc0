// One operation on one sequence (or on parameters): the definition of every operation but the sinks.

import type { Key } from '../backend.js';
import { floatOf } from '../float-bits.js';
import { numberLanes } from '../number-lanes.js';
import * as portable from '../portable-functions.js';
import type { ElementwiseOperation, Operation, SinkOperation } from '../program.js';
import { threefry2x32 } from '../random.js';
import { binaryFunctions, flushed, unaryFunctions } from './elementwise.js';
import { accumulate, at, fill, type Matrix, type RowRange } from './matrix.js';

/** Where an operation takes its operands from and which part of its result it computes. */
export interface Frame {
  readonly operand: (id: number) => Matrix;
  readonly input: (index: number) => Matrix;
  readonly key: Key;
  /** Index of the sequence in the step. */
  readonly sequence: number;
  readonly result: Matrix;
  readonly rows: RowRange;
  /** Inside a region: −1 where time ascends, 1 where it descends. */
  readonly delayOffset: number;
}

type Executable = Exclude<Operation, SinkOperation>;

/** Computes an operation's rows into its result. */
export function execute(operation: Executable, frame: Frame): void {
  const { result, rows } = frame;
  switch (operation.op) {
    case 'input':
      return result.data.set(frame.input(operation.input).data);
    case 'constant':
      return fill(result, rows, () => floatOf(operation.bits));
    case 'table':
      return fill(result, rows, (row, column) => floatOf(operation.bits[row * result.columns + column] ?? 0));
    case 'iota':
      return fill(result, rows, (row, column) => (operation.axis === 'rows' ? row : column));
    case 'uniform':
      return fill(result, rows, (row, column) => draw(operation.draw, row * result.columns + column, frame));
    case 'matmul':
    case 'product':
    case 'sum':
    case 'max':
    case 'total':
      return reduce(operation, frame);
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'reshape':
    case 'transpose':
    case 'shift':
    case 'delay':
      return view(operation, frame);
    case 'scan':
      return scan(operation, frame);
    default:
      return elementwise(operation, frame);
  }
}

function draw(first: number, element: number, { key, sequence }: Frame): number {
  const words = threefry2x32(key, [sequence >>> 0, first + Math.floor(element / 2)]);
  return floatOf(portable.uniform(numberLanes, words[element % 2 === 0 ? 0 : 1]));
}

function elementwise(operation: ElementwiseOperation, { operand, result, rows }: Frame): void {
  const x = operand(operation.of[0]);
  switch (operation.op) {
    case 'expand':
      return fill(result, rows, (row, column) => at(x, row, column));
    case 'flush':
      return fill(result, rows, (row, column) => flushed(at(x, row, column), operation.exponent));
    case 'select': {
      const [yes, no] = [operand(operation.of[1]), operand(operation.of[2])];
      return fill(result, rows, (row, column) => at(at(x, row, column) !== 0 ? yes : no, row, column));
    }
    case 'negate':
    case 'absolute':
    case 'sqrt':
    case 'exp':
    case 'log':
    case 'tanh':
    case 'sigmoid':
    case 'sin':
    case 'cos': {
      const apply = unaryFunctions[operation.op];
      return fill(result, rows, (row, column) => apply(at(x, row, column)));
    }
    default: {
      const apply = binaryFunctions[operation.op];
      const y = operand(operation.of[1]);
      return fill(result, rows, (row, column) => apply(at(x, row, column), at(y, row, column)));
    }
  }
}

type Reduction = Extract<Executable, { readonly op: 'matmul' | 'product' | 'sum' | 'max' | 'total' }>;

function reduce(operation: Reduction, { operand, result, rows }: Frame): void {
  const x = operand(operation.of[0]);
  switch (operation.op) {
    case 'matmul': {
      const w = operand(operation.of[1]);
      const weight = (output: number, k: number): number => (operation.transposed ? at2(w, k, output) : at2(w, output, k));
      return fill(result, rows, (t, m) => accumulate(0, x.columns, (k) => weight(m, k) * at2(x, t, k)));
    }
    case 'product':
      return product(operation, { x, y: operand(operation.of[1]), result });
    case 'sum':
      if (operation.axis === 'columns') return fill(result, rows, (t) => accumulate(0, x.columns, (u) => at2(x, t, u)));
      return fill(result, rows, (_, u) => accumulate(0, x.rows, (k) => at2(x, x.rows - 1 - k, u)));
    case 'max':
      return fill(result, rows, (t) => {
        let largest = at2(x, t, 0);
        for (let u = 1; u < x.columns; u += 1) largest = largest < at2(x, t, u) ? at2(x, t, u) : largest;
        return largest;
      });
    case 'total': {
      const lane = (index: number): number =>
        accumulate(0, Math.ceil((x.data.length - index) / 4), (k) => x.data[4 * k + index] ?? 0);
      result.data[0] = Math.fround(Math.fround(lane(0) + lane(1)) + Math.fround(lane(2) + lane(3)));
    }
  }
}

/** An element without broadcasting. */
const at2 = (matrix: Matrix, row: number, column: number): number => matrix.data[row * matrix.columns + column] ?? 0;

interface Product {
  readonly x: Matrix;
  readonly y: Matrix;
  readonly result: Matrix;
}

function product({ form, triangle }: Extract<Operation, { readonly op: 'product' }>, { x, y, result }: Product): void {
  const inner = form === 'tn' ? x.rows : x.columns;
  const left = (m: number, k: number): number => (form === 'tn' ? at2(x, k, m) : at2(x, m, k));
  const right = (k: number, n: number): number => (form === 'nt' ? at2(y, n, k) : at2(y, k, n));
  fill(result, { from: 0, to: result.rows }, (m, n) => {
    if (triangle === 'output' && n > m) return 0;
    const from = triangle === 'left' && form === 'tn' ? m : 0;
    const to = triangle === 'left' && form === 'nn' ? m + 1 : inner;
    return accumulate(from, to, (k) => left(m, k) * right(k, n));
  });
}

type View = Extract<Executable, { readonly op: 'slice' | 'pad' | 'concatenate' | 'reshape' | 'transpose' | 'shift' | 'delay' }>;

function view(operation: View, { operand, result, rows, delayOffset }: Frame): void {
  const x = operand(operation.of[0]);
  const inside = (row: number, column: number): number =>
    row >= 0 && column >= 0 && row < x.rows && column < x.columns ? at2(x, row, column) : 0;
  switch (operation.op) {
    case 'slice':
      return fill(result, rows, (row, column) => at2(x, row + operation.row, column + operation.column));
    case 'pad':
      return fill(result, rows, (row, column) => inside(row - operation.row, column - operation.column));
    case 'reshape':
      return result.data.set(x.data);
    case 'transpose':
      return fill(result, rows, (row, column) => at2(x, column, row));
    case 'shift':
      return fill(result, rows, (row, column) => inside(row - operation.by, column));
    case 'delay':
      return fill(result, rows, (row, column) => inside(row + delayOffset, column));
    case 'concatenate': {
      const parts = operation.of.map(operand);
      return fill(result, rows, (row, column) => concatenated(parts, operation.axis, { row, column }));
    }
  }
}

interface Place {
  readonly row: number;
  readonly column: number;
}

function concatenated(parts: readonly Matrix[], axis: 'rows' | 'columns', { row, column }: Place): number {
  let index = axis === 'rows' ? row : column;
  for (const part of parts) {
    if (index < part[axis]) return axis === 'rows' ? at2(part, index, column) : at2(part, row, index);
    index -= part[axis];
  }
  return 0;
}

function scan({ of, reverse }: Extract<Operation, { readonly op: 'scan' }>, { operand, result }: Frame): void {
  const [decay, input] = [operand(of[0]), operand(of[1])];
  for (let column = 0; column < result.columns; column += 1) {
    let state = 0;
    for (let step = 0; step < result.rows; step += 1) {
      const t = reverse ? result.rows - 1 - step : step;
      const next = Math.fround(at2(input, t, column) + Math.fround(at(decay, t, column) * state));
      state = flushed(next, -51);
      result.data[t * result.columns + column] = state;
    }
  }
}
