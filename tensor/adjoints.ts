// The vector-Jacobian product of every operation: from the adjoint d of a result to those of its operands.
//
// An adjoint may be smaller than its value (a dimension of 1 stands for equal elements); `full` spells it out where that matters.

import type { ProgramBuilder } from './builder.js';
import type { Value } from './value.js';
import type { Tape } from './differentiate.js';
import type { Operation } from './program.js';
import { ProgramError } from './program-error.js';
import type { ValueInformation } from './values.js';

interface Step {
  readonly tape: Tape;
  readonly id: number;
  readonly adjoint: Value;
}

/** Adds the adjoints of an operation's operands to the tape. */
export function adjointsOf(operation: Operation, step: Step): void {
  switch (operation.op) {
    case 'input':
    case 'constant':
    case 'table':
    case 'iota':
    case 'uniform':
    case 'less':
    case 'lessOrEqual':
    case 'equal':
      return;
    case 'matmul':
    case 'product':
      return contractionAdjoints(operation, step);
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'reshape':
    case 'transpose':
    case 'shift':
      return viewAdjoints(operation, step);
    case 'scan':
      return scanAdjoints(operation, step);
    case 'delay':
    case 'batchSum':
    case 'weightGradient':
      throw new ProgramError('program-not-differentiable', `Cannot differentiate operation ${step.id} (${operation.op})`);
    default:
      return elementwiseAdjoints(operation, step);
  }
}

type Elementwise = Exclude<
  Operation,
  { readonly op: 'input' | 'constant' | 'table' | 'iota' | 'uniform' | 'matmul' | 'product' | 'slice' | 'pad' | 'concatenate' }
>;

function elementwiseAdjoints(operation: Elementwise, { tape, id, adjoint: d }: Step): void {
  const b = tape.builder;
  const operands = operation.of.map((operand) => b.valueAt(operand));
  const give = (index: number, make: () => Value): void => {
    const operand = operands[index];
    if (operand !== undefined) tape.contribute(operand.id, () => reduceTo(b, make(), { operand, result: information(b, id) }));
  };
  const [x, y] = operands;
  if (x === undefined) return;
  const result = b.valueAt(id);
  switch (operation.op) {
    case 'add':
      give(0, () => d);
      return give(1, () => d);
    case 'subtract':
      give(0, () => d);
      return give(1, () => b.negate(d));
    case 'multiply':
      if (y === undefined) return;
      if (x.id === y.id) return give(0, () => b.multiply(b.multiply(d, 2), x));
      give(0, () => b.multiply(d, y));
      return give(1, () => b.multiply(d, x));
    case 'divide':
      if (y === undefined) return;
      give(0, () => b.divide(d, y));
      return give(1, () => b.negate(b.divide(b.multiply(d, result), y)));
    case 'minimum':
    case 'maximum': {
      if (y === undefined) return;
      const second = (): Value => (operation.op === 'minimum' ? b.less(y, x) : b.less(x, y));
      give(0, () => b.select(second(), 0, d));
      return give(1, () => b.select(second(), d, 0));
    }
    case 'select':
      give(1, () => b.select(x, d, 0));
      return give(2, () => b.select(x, 0, d));
    default:
      return give(0, () => unaryAdjoint(b, operation.op, { d, x, result }));
  }
}

interface Unary {
  readonly d: Value;
  readonly x: Value;
  readonly result: Value;
}

function unaryAdjoint(b: ProgramBuilder, op: Elementwise['op'], { d, x, result }: Unary): Value {
  switch (op) {
    case 'negate':
      return b.negate(d);
    case 'absolute':
      return b.select(b.less(x, 0), b.negate(d), d);
    case 'sqrt':
      return b.divide(b.multiply(d, 0.5), result);
    case 'exp':
      return b.multiply(d, result);
    case 'log':
      return b.divide(d, x);
    case 'tanh':
      return b.multiply(d, b.subtract(1, b.square(result)));
    case 'sigmoid':
      return b.multiply(d, b.multiply(result, b.subtract(1, result)));
    case 'sin':
      return b.multiply(d, b.cos(x));
    case 'cos':
      return b.negate(b.multiply(d, b.sin(x)));
    case 'max':
      return b.select(b.equal(x, result), d, 0);
    case 'flush':
    case 'expand':
    case 'sum':
    case 'total':
      return d;
    default:
      throw new ProgramError('program-not-differentiable', `Cannot differentiate ${op}: no rule found`);
  }
}

function contractionAdjoints(operation: Operation & { readonly op: 'matmul' | 'product' }, { tape, id, adjoint }: Step): void {
  const b = tape.builder;
  const [x, w] = [b.valueAt(operation.of[0]), b.valueAt(operation.of[1])];
  const d = (): Value => full(b, adjoint, information(b, id));
  if (operation.op === 'matmul') {
    tape.contribute(x.id, () => b.matmul(d(), w, !operation.transposed));
    return tape.contribute(w.id, () => (operation.transposed ? b.weightGradient(x, d()) : b.weightGradient(d(), x)));
  }
  const triangle = operation.triangle;
  switch (operation.form) {
    case 'nt': {
      const inner = triangle === 'output' ? 'left' : 'none';
      tape.contribute(x.id, () => b.product(d(), w, 'nn', inner));
      return tape.contribute(w.id, () => b.product(d(), x, 'tn', inner));
    }
    case 'nn':
      tape.contribute(x.id, () => b.product(d(), w, 'nt', triangle === 'left' ? 'output' : 'none'));
      return tape.contribute(w.id, () => b.product(x, d(), 'tn', triangle));
    case 'tn':
      tape.contribute(x.id, () => b.product(w, d(), 'nt', triangle === 'left' ? 'output' : 'none'));
      return tape.contribute(w.id, () => b.product(x, d(), 'nn', triangle));
  }
}

type View = Operation & { readonly op: 'slice' | 'pad' | 'concatenate' | 'reshape' | 'transpose' | 'shift' };

function viewAdjoints(operation: View, { tape, id, adjoint }: Step): void {
  const b = tape.builder;
  const x = b.valueAt(operation.of[0]);
  const d = (): Value => full(b, adjoint, information(b, id));
  switch (operation.op) {
    case 'slice':
      return tape.contribute(x.id, () =>
        b.pad(d(), { row: operation.row, column: operation.column, rows: x.rows, columns: x.columns }),
      );
    case 'pad':
      return tape.contribute(x.id, () =>
        b.slice(d(), { row: operation.row, column: operation.column, rows: x.rows, columns: x.columns }),
      );
    case 'concatenate': {
      let start = 0;
      for (const operand of operation.of) {
        const part = b.valueAt(operand);
        const at = operation.axis === 'rows' ? { row: start, rows: part.rows } : { column: start, columns: part.columns };
        tape.contribute(operand, () => b.slice(d(), at));
        start += part[operation.axis];
      }
      return;
    }
    case 'reshape':
      return tape.contribute(x.id, () => b.reshape(d(), x.rows, x.columns));
    case 'transpose':
      return tape.contribute(x.id, () => b.transpose(d()));
    case 'shift':
      return tape.contribute(x.id, () => b.shift(d(), -operation.by));
  }
}

// h[t] = u[t] + a[t] h[t−1]:  du[t] = dh[t] + a[t+1] du[t+1],  da[t] = du[t] h[t−1].
function scanAdjoints(operation: Operation & { readonly op: 'scan' }, { tape, id, adjoint }: Step): void {
  const b = tape.builder;
  const [decay, input] = [b.valueAt(operation.of[0]), b.valueAt(operation.of[1])];
  const backwards = operation.reverse ? -1 : 1;
  // An adjoint scan is one operation (or, by sharing, the same one) for both operands.
  const shifted = (): Value => (decay.rows === 1 || decay.space === 'parameter' ? decay : b.shift(decay, -backwards));
  const du = (): Value => b.scan(shifted(), full(b, adjoint, information(b, id)), !operation.reverse);
  if (decay.space === 'parameter' && decay.rows > 1) {
    throw new ProgramError(
      'program-not-differentiable',
      `Cannot differentiate operation ${id} (scan): a decay of one row or of sequence space wanted`,
    );
  }
  tape.contribute(decay.id, () =>
    reduceTo(b, b.multiply(du(), b.shift(b.valueAt(id), backwards)), { operand: decay, result: information(b, id) }),
  );
  tape.contribute(input.id, du);
}

function information(b: ProgramBuilder, id: number): ValueInformation {
  const value = b.values[id];
  if (value === undefined) throw new RangeError(`Cannot differentiate: no value ${id} found`);
  return value;
}

/** The adjoint spelled out to the shape of a sequence-space value. */
function full(b: ProgramBuilder, d: Value, shape: { readonly rows: number; readonly columns: number }): Value {
  if (d.space === 'parameter') return b.expand(d, shape.rows, shape.columns);
  if (d.rows === shape.rows && d.columns === shape.columns) return d;
  return b.add(d, b.expand(0, shape.rows, shape.columns));
}

interface Reduction {
  readonly operand: Value;
  /** The value that the adjoint belongs to: the operand was broadcast to its shape. */
  readonly result: ValueInformation;
}

/** The adjoint of an operand that was broadcast: sums over the dimensions it lacks, and over sequences for a parameter. */
function reduceTo(b: ProgramBuilder, d: Value, { operand, result }: Reduction): Value {
  const overRows = operand.rows === 1 && result.rows > 1;
  const overColumns = operand.columns === 1 && result.columns > 1;
  if (operand.space === 'parameter') {
    if (result.space === 'parameter') return reduceParameter(b, d, { operand, result });
    return b.batchSum(overColumns ? b.sum(full(b, d, result), 'columns') : full(b, d, result), operand.rows > 1);
  }
  if (!overRows && !overColumns) return d;
  const summed = overColumns ? b.sum(full(b, d, result), 'columns') : full(b, d, result);
  return overRows ? b.sum(summed, 'rows') : summed;
}

function reduceParameter(b: ProgramBuilder, d: Value, { operand, result }: Reduction): Value {
  if (operand.rows === result.rows && operand.columns === result.columns) return d;
  if (operand.rows > result.rows || operand.columns > result.columns) return d;
  if (operand.rows !== 1 || operand.columns !== 1) {
    throw new ProgramError(
      'program-not-differentiable',
      `Cannot differentiate a parameter broadcast from [${operand.rows}, ${operand.columns}] to [${result.rows}, ${result.columns}]`,
    );
  }
  const spelled =
    d.rows === result.rows && d.columns === result.columns ? d : b.add(d, b.constant(0, result.rows, result.columns));
  return b.total(spelled);
}
