// The builder: a model author writes the computation of one sequence; the program comes out as data.
//
// Three things happen on the way: identical operations are shared, trivial constants are folded, and operands are flushed where
// the numerics contract asks for it (flushes.ts), so that no author has to think of subnormal numbers.

import { differentiate } from './differentiate.js';
import { bitsOf, floatOf } from './float-bits.js';
import { isKnownFlushed } from './flushes.js';
import { foldBinary } from './fold.js';
import { OperationList } from './operation-list.js';
import type { BinaryOperation, Operation, OutputSpecification, Program, Region, UnaryOperation } from './program.js';
import { ProgramError } from './program-error.js';
import { pruneProgram } from './prune.js';
import { gradientFlushExponent, type BuilderOptions, type Operand, type RegionScope, type Value } from './value.js';
import type { ValueInformation } from './values.js';

/** Builds one program. Methods append operations; shapes are checked at once. */
export class ProgramBuilder {
  readonly flushExponent: number;
  readonly #outputs: OutputSpecification[] = [];
  readonly #list = new OperationList();
  readonly #stopped = new Set<number>();
  #draws = 0;

  constructor(options: BuilderOptions = {}) {
    this.flushExponent = options.flushExponent ?? gradientFlushExponent;
  }

  /** The operations so far: differentiation reads them. */
  get operations(): readonly Operation[] {
    return this.#list.operations;
  }

  /** Shapes and stages of the values so far. */
  get values(): readonly ValueInformation[] {
    return this.#list.values;
  }

  /** Whether regions run in reverse, by index. */
  get regions(): readonly Region[] {
    return this.#list.regions;
  }

  /** Appends an operation, or finds the same one, and gives its value. */
  append(operation: Operation): Value {
    return this.valueAt(this.#list.append(operation));
  }

  /** The handle of value `id`. */
  valueAt(id: number): Value {
    const { rows, columns, space } = this.#list.valueAt(id);
    return { id, rows, columns, space };
  }

  /** A named parameter-space input [rows, columns], flushed. */
  input(name: string, rows: number, columns: number): Value {
    return this.flush(this.append({ op: 'input', input: this.#list.addInput({ name, rows, columns }) }));
  }

  /** The parameter-space scalar x, rounded to f32. */
  constant(x: number, rows = 1, columns = 1): Value {
    return this.append({ op: 'constant', rows, columns, bits: bitsOf(x) });
  }

  /** A parameter-space matrix of given numbers, row by row, rounded to f32. */
  table(rows: number, columns: number, values: ArrayLike<number>): Value {
    return this.flush(this.append({ op: 'table', rows, columns, bits: Array.from(values, bitsOf) }));
  }

  /** The index of each row or column, in parameter space. */
  iota(rows: number, columns: number, axis: 'rows' | 'columns'): Value {
    return this.append({ op: 'iota', rows, columns, axis });
  }

  /** Fresh uniform numbers in (0, 1). */
  uniform(rows: number, columns: number): Value {
    const draw = this.#draws;
    this.#draws += Math.ceil((rows * columns) / 2);
    return this.append({ op: 'uniform', rows, columns, draw });
  }

  /** Fresh standard normal numbers: Box–Muller, both halves used. √(−2 ln u) · (cos 2πv, sin 2πv). */
  normal(rows: number, columns: number): Value {
    const half = Math.ceil((rows * columns) / 2);
    const radius = this.sqrt(this.multiply(this.log(this.uniform(1, half)), -2));
    const angle = this.multiply(this.uniform(1, half), 2 * Math.PI);
    const both = this.concatenate([this.multiply(radius, this.cos(angle)), this.multiply(radius, this.sin(angle))], 'columns');
    return this.reshape(this.slice(both, { columns: rows * columns }), rows, columns);
  }

  /** The operand as a value. */
  valueOf(operand: Operand): Value {
    return typeof operand === 'number' ? this.constant(operand) : operand;
  }

  /** The scalar that a constant value holds everywhere, or undefined. */
  scalarOf(value: Value): number | undefined {
    const operation = this.operations[value.id];
    return operation?.op === 'constant' ? floatOf(operation.bits) : undefined;
  }

  /** |x| < 2^exponent becomes +0; no operation where that is known already. */
  flush(x: Value): Value {
    if (isKnownFlushed(this.operations, x.id, this.flushExponent)) return x;
    return this.append({ op: 'flush', of: [x.id], exponent: this.flushExponent });
  }

  #unary(op: UnaryOperation, x: Operand): Value {
    return this.append({ op, of: [this.valueOf(x).id] });
  }

  #binary(op: BinaryOperation, x: Operand, y: Operand): Value {
    const [a, b] = [this.valueOf(x), this.valueOf(y)];
    const folded = foldBinary(this, op, [a, b]);
    return folded ?? this.append({ op, of: [a.id, b.id] });
  }

  add(x: Operand, y: Operand): Value {
    return this.#binary('add', x, y);
  }
  subtract(x: Operand, y: Operand): Value {
    return this.#binary('subtract', x, y);
  }
  multiply(x: Operand, y: Operand): Value {
    return this.#binary('multiply', x, y);
  }
  /** x / y; the divisor is flushed and must not be zero. */
  divide(x: Operand, y: Operand): Value {
    return this.#binary('divide', x, this.flush(this.valueOf(y)));
  }
  minimum(x: Operand, y: Operand): Value {
    return this.#binary('minimum', x, y);
  }
  maximum(x: Operand, y: Operand): Value {
    return this.#binary('maximum', x, y);
  }
  /** 1 where x < y, else 0. */
  less(x: Operand, y: Operand): Value {
    return this.#binary('less', this.flush(this.valueOf(x)), this.flush(this.valueOf(y)));
  }
  /** 1 where x ≤ y, else 0. */
  lessOrEqual(x: Operand, y: Operand): Value {
    return this.#binary('lessOrEqual', this.flush(this.valueOf(x)), this.flush(this.valueOf(y)));
  }
  /** 1 where x = y, else 0. */
  equal(x: Operand, y: Operand): Value {
    return this.#binary('equal', this.flush(this.valueOf(x)), this.flush(this.valueOf(y)));
  }
  /** condition ≠ 0 ? x : y. */
  select(condition: Value, x: Operand, y: Operand): Value {
    return this.append({ op: 'select', of: [this.flush(condition).id, this.valueOf(x).id, this.valueOf(y).id] });
  }
  negate(x: Operand): Value {
    return this.#unary('negate', x);
  }
  absolute(x: Operand): Value {
    return this.#unary('absolute', x);
  }
  sqrt(x: Operand): Value {
    return this.#unary('sqrt', this.flush(this.valueOf(x)));
  }
  exp(x: Operand): Value {
    return this.#unary('exp', x);
  }
  log(x: Operand): Value {
    return this.#unary('log', this.flush(this.valueOf(x)));
  }
  tanh(x: Operand): Value {
    return this.#unary('tanh', x);
  }
  sigmoid(x: Operand): Value {
    return this.#unary('sigmoid', x);
  }
  sin(x: Operand): Value {
    return this.#unary('sin', x);
  }
  cos(x: Operand): Value {
    return this.#unary('cos', x);
  }
  square(x: Value): Value {
    return this.multiply(x, x);
  }

  /** x [T, K] by the parameter-space w [M, K] → [T, M]; transposed: x [T, M] → [T, K]. */
  matmul(x: Value, w: Value, transposed = false): Value {
    return this.append({ op: 'matmul', of: [this.flush(x).id, this.flush(w).id], transposed });
  }

  /** The product of two sequence-space matrices; see program.ts for forms and triangles. */
  product(a: Value, b: Value, form: 'nn' | 'nt' | 'tn', triangle: 'none' | 'output' | 'left' = 'none'): Value {
    return this.append({ op: 'product', of: [this.flush(a).id, this.flush(b).id], form, triangle });
  }

  sum(x: Value, axis: 'rows' | 'columns'): Value {
    return this.append({ op: 'sum', of: [this.flush(x).id], axis });
  }
  /** The largest element of each row: [T, U] → [T, 1]. */
  max(x: Value): Value {
    return this.append({ op: 'max', of: [this.flush(x).id] });
  }
  /** The sum of all elements of a parameter-space value: [1, 1]. */
  total(x: Value): Value {
    return this.append({ op: 'total', of: [this.flush(x).id] });
  }

  /** A window of x; what is not named starts at 0 and reaches to the end. */
  slice(
    x: Value,
    window: { readonly row?: number; readonly column?: number; readonly rows?: number; readonly columns?: number },
  ): Value {
    const { row = 0, column = 0 } = window;
    const { rows = x.rows - row, columns = x.columns - column } = window;
    if (rows === x.rows && columns === x.columns) return x;
    return this.append({ op: 'slice', of: [x.id], row, column, rows, columns });
  }
  /** Row t as [1, U]. */
  row(x: Value, t: number): Value {
    return this.slice(x, { row: t, rows: 1 });
  }
  /** x at (row, column) of a [rows, columns] matrix of zeros. */
  pad(
    x: Value,
    window: { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number },
  ): Value {
    return this.append({ op: 'pad', of: [x.id], ...window });
  }
  concatenate(values: readonly Value[], axis: 'rows' | 'columns'): Value {
    const [only] = values;
    if (values.length === 1 && only !== undefined) return only;
    return this.append({ op: 'concatenate', of: values.map((value) => value.id), axis });
  }
  reshape(x: Value, rows: number, columns: number): Value {
    return x.rows === rows && x.columns === columns ? x : this.append({ op: 'reshape', of: [x.id], rows, columns });
  }
  transpose(x: Value): Value {
    return this.append({ op: 'transpose', of: [x.id] });
  }
  /** y[t] = x[t − by]. */
  shift(x: Value, by: number): Value {
    return by === 0 ? x : this.append({ op: 'shift', of: [x.id], by });
  }
  /** A parameter-space value in sequence space, broadcast to a shape. */
  expand(x: Operand, rows: number, columns: number): Value {
    return this.append({ op: 'expand', of: [this.valueOf(x).id], rows, columns });
  }

  /** Diagonal linear recurrence h[t] = input[t] + decay · h[t−1]. */
  scan(decay: Value, input: Value, reverse = false): Value {
    return this.append({ op: 'scan', of: [this.flush(decay).id, input.id], reverse });
  }

  /** Runs `body`'s operations one time step at a time. */
  region<R>(body: (scope: RegionScope) => R, reverse = false): R {
    const close = this.openRegion(reverse);
    const result = body({
      prev: (rows, columns) => this.delay(rows, columns),
      set: (previous, next) => this.carry(previous, next),
    });
    close();
    return result;
  }

  /** Opens a region for the operations that follow; call the result to close it. */
  openRegion(reverse: boolean): () => void {
    return this.#list.openRegion(reverse);
  }

  /** A state whose successor `carry` gives. */
  delay(rows: number, columns: number): Value {
    return this.append({ op: 'delay', of: [-1], rows, columns });
  }

  /** Gives a state's successor: its value one time step on. */
  carry(previous: Value, next: Value): void {
    this.#list.setDelayed(previous.id, this.flush(next).id);
  }

  /** Marks a value as constant for differentiation (a row maximum that cancels, say), and returns it. */
  stopGradient(x: Value): Value {
    this.#stopped.add(x.id);
    return x;
  }

  isStopped(id: number): boolean {
    return this.#stopped.has(id);
  }

  /** Gradients of Σ loss, summed over the microbatch, with respect to parameter-space values. */
  gradients(loss: Value, parameters: readonly Value[]): readonly Value[] {
    return differentiate(this, loss, parameters);
  }

  /** Σ over the microbatch's sequences: [T, U] → [1, U], or [T, U] where rows are kept. */
  batchSum(x: Value, keepRows = false): Value {
    return this.append({ op: 'batchSum', of: [this.flush(x).id], keepRows: keepRows && x.rows > 1 });
  }
  /** Σ over sequences and time of dy[t, m] x[t, k]: [M, K]. */
  weightGradient(dy: Value, x: Value): Value {
    return this.append({ op: 'weightGradient', of: [this.flush(dy).id, this.flush(x).id] });
  }

  /** Names a parameter-space value as result; it is flushed. */
  output(name: string, value: Value): void {
    if (value.space !== 'parameter')
      throw new ProgramError('program-stage', `Cannot output "${name}": a sequence-space value found, a sum wanted`);
    this.#outputs.push({ name, value: this.flush(value).id });
  }

  /** The finished program, without operations that no output needs. */
  build(): Program {
    const { inputs, regions, operations } = this.#list;
    return pruneProgram({
      version: 1,
      inputs: [...inputs],
      outputs: [...this.#outputs],
      regions: [...regions],
      operations: [...operations],
    });
  }
}
