// Runs a program on any arithmetic: a second reading of docs/numerics.md, written apart from the interpreter.
//
// With strict arithmetic it must give the interpreter's bits; on a machine without subnormal numbers it must give them too; with f64
// mathematics it is what finite differences are taken of.

import { threefry2x32, type Key, type Microbatch, type Operation, type Program } from '../../tensor/index.js';
import type { Arithmetic } from './arithmetics.js';

/** A matrix as rows of numbers. */
type Rows = readonly (readonly number[])[];
type Sequence = number | undefined;

/** What a program is run on, and which of its outputs are wanted: all, where nothing is said. */
export interface Work {
  readonly inputs: readonly number[];
  readonly microbatch: Microbatch;
  readonly only?: string;
}

/** The program's flat outputs. What no wanted output needs is not computed. */
export function runOn(arithmetic: Arithmetic, program: Program, { inputs, microbatch, only }: Work): readonly number[] {
  const machine = new SecondMachine(arithmetic, program, inputs, microbatch);
  const wanted = program.outputs.filter(({ name }) => only === undefined || name === only);
  return wanted.flatMap(({ value }) => machine.matrix(value, undefined).flat());
}

const bits = new DataView(new ArrayBuffer(4));
function floatAt(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

const build = (rows: number, columns: number, element: (row: number, column: number) => number): Rows =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (__, column) => element(row, column)));

const truth = (condition: boolean): number => (condition ? 1 : 0);

/** Drawn once: finite differences ask for the same numbers again and again. */
const drawn = new Map<string, number>();

function uniformAt(key: Key, sequence: number, { draw, element }: { readonly draw: number; readonly element: number }): number {
  const name = `${key.join()} ${sequence} ${draw} ${element}`;
  const known = drawn.get(name);
  if (known !== undefined) return known;
  const words = threefry2x32(key, [sequence, draw + Math.floor(element / 2)]);
  const x = Math.fround((Math.floor(words[element % 2 === 0 ? 0 : 1] / 512) + 0.5) / 2 ** 23);
  drawn.set(name, x);
  return x;
}

class SecondMachine {
  readonly arithmetic: Arithmetic;
  readonly program: Program;
  readonly microbatch: Microbatch;
  readonly #known = new Map<string, Rows>();
  readonly #inputs: readonly Rows[];

  constructor(arithmetic: Arithmetic, program: Program, inputs: readonly number[], microbatch: Microbatch) {
    this.arithmetic = arithmetic;
    this.program = program;
    this.microbatch = microbatch;
    let offset = 0;
    this.#inputs = program.inputs.map(({ rows, columns }) => {
      const start = offset;
      offset += rows * columns;
      return build(rows, columns, (row, column) => arithmetic.round(inputs[start + row * columns + column]!));
    });
  }

  /** A value, of one sequence where it differs between them; computed when it is asked for. */
  matrix(id: number, sequence: Sequence): Rows {
    const name = `${id} ${sequence}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const operation = this.program.operations[id]!;
    if (operation.region !== undefined) this.#runRegion(operation.region, sequence);
    else
      this.#known.set(
        name,
        this.#compute(operation, (operand) => this.matrix(operand, sequence), sequence),
      );
    return this.#known.get(name)!;
  }

  /** All values of a region: the states of a time step, then what follows from them, row by row. */
  #runRegion(region: number, sequence: Sequence): void {
    const ids = this.program.operations.flatMap((operation, id) => (operation.region === region ? [id] : []));
    const reverse = this.program.regions[region]!.reverse;
    const inside = new Map<number, (readonly number[])[]>(ids.map((id) => [id, []]));
    const delay = this.program.operations[ids.find((id) => this.program.operations[id]!.op === 'delay') ?? -1];
    const timeSteps = delay?.op === 'delay' ? delay.rows : this.#outsideRows(ids, inside, sequence);
    for (let step = 0; step < timeSteps; step += 1) {
      const t = reverse ? timeSteps - 1 - step : step;
      const rowOf = (operand: number): Rows => {
        const rows = inside.get(operand);
        if (rows !== undefined) return [rows[step]!];
        const outside = this.matrix(operand, sequence);
        return outside.length === timeSteps ? [outside[t]!] : outside;
      };
      for (const id of ids) {
        const operation = this.program.operations[id]!;
        if (operation.op === 'delay') {
          inside
            .get(id)!
            .push(step === 0 ? Array.from({ length: operation.columns }, () => 0) : inside.get(operation.of[0])![step - 1]!);
        } else {
          const weight = operation.op === 'matmul' ? operation.of[1] : -1;
          const operand = (of: number): Rows => (of === weight ? this.matrix(of, sequence) : rowOf(of));
          const result = this.#compute('rows' in operation ? { ...operation, rows: 1 } : operation, operand, sequence);
          inside.get(id)!.push(result[0]!);
        }
      }
    }
    for (const [id, rows] of inside) this.#known.set(`${id} ${sequence}`, reverse ? rows.toReversed() : rows);
  }

  #outsideRows(ids: readonly number[], inside: ReadonlyMap<number, unknown>, sequence: Sequence): number {
    const operands = ids.flatMap((id) => {
      const operation = this.program.operations[id]!;
      if (!('of' in operation)) return [];
      return operation.op === 'matmul' ? [operation.of[0]] : operation.of;
    });
    return Math.max(...operands.filter((id) => !inside.has(id)).map((id) => this.matrix(id, sequence).length));
  }

  #compute(operation: Operation, operand: (id: number) => Rows, sequence: Sequence): Rows {
    switch (operation.op) {
      case 'weightGradient':
      case 'batchSum':
        return this.#sink(operation);
      case 'input':
        return this.#inputs[operation.input]!;
      case 'constant':
        return build(operation.rows, operation.columns, () => this.arithmetic.round(floatAt(operation.bits)));
      case 'table':
        return build(operation.rows, operation.columns, (r, c) =>
          this.arithmetic.round(floatAt(operation.bits[r * operation.columns + c]!)),
        );
      case 'iota':
        return build(operation.rows, operation.columns, (r, c) => (operation.axis === 'rows' ? r : c));
      case 'uniform':
        return build(operation.rows, operation.columns, (r, c) => {
          return uniformAt(this.microbatch.key, sequence!, { draw: operation.draw, element: r * operation.columns + c });
        });
      default:
        return compute(this.arithmetic, operation, operation.of.map(operand));
    }
  }

  #sink(operation: Operation & { readonly op: 'weightGradient' | 'batchSum' }): Rows {
    const { round } = this.arithmetic;
    const { firstSequence, sequenceCount } = this.microbatch;
    const first = this.matrix(operation.of[0], firstSequence);
    const second = operation.op === 'weightGradient' ? this.matrix(operation.of[1], firstSequence) : first;
    const keepsRows = operation.op === 'batchSum' && operation.keepRows;
    const rowCount = operation.op === 'weightGradient' ? first[0]!.length : keepsRows ? first.length : 1;
    return build(rowCount, second[0]!.length, (row, column) => {
      const lanes = [0, 0, 0, 0];
      for (let group = 0; group < sequenceCount; group += 8) {
        for (let t = first.length - 1; t >= 0; t -= 1) {
          for (let index = 0; index < 8; index += 1) {
            if (keepsRows && t !== row) continue;
            const left = this.matrix(operation.of[0], firstSequence + group + index)[t]!;
            const term =
              operation.op === 'batchSum'
                ? left[column]!
                : round(left[row]! * this.matrix(operation.of[1], firstSequence + group + index)[t]![column]!);
            lanes[index % 4] = round(lanes[index % 4]! + term);
          }
        }
      }
      return round(round(lanes[0]! + lanes[1]!) + round(lanes[2]! + lanes[3]!));
    });
  }
}

type Computed = Exclude<
  Operation,
  { readonly op: 'weightGradient' | 'batchSum' | 'input' | 'constant' | 'table' | 'iota' | 'uniform' }
>;

function compute(arithmetic: Arithmetic, operation: Computed, operands: readonly Rows[]): Rows {
  const { round } = arithmetic;
  const x = operands[0]!;
  const [rowCount, columnCount] = [x.length, x[0]!.length];
  const sum = (terms: readonly number[]): number => terms.reduce((total, term) => round(total + term), 0);
  const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((left, k) => round(left * b[k]!)));
  const columnOf = (matrix: Rows, column: number): readonly number[] => matrix.map((row) => row[column]!);
  const y = operands[1] ?? x;
  const broadcast = (apply: (...values: number[]) => number): Rows => {
    const rows = Math.max(...operands.map((matrix) => matrix.length));
    const columns = Math.max(...operands.map((matrix) => matrix[0]!.length));
    return build(rows, columns, (r, c) => apply(...operands.map((matrix) => cell(matrix, r, c))));
  };
  switch (operation.op) {
    case 'add':
      return broadcast((a, b) => round(a + b));
    case 'subtract':
      return broadcast((a, b) => round(a - b));
    case 'multiply':
      return broadcast((a, b) => round(a * b));
    case 'divide':
      return broadcast((a, b) => round(a / b));
    case 'minimum':
      return broadcast((a, b) => (b < a ? b : a));
    case 'maximum':
      return broadcast((a, b) => (a < b ? b : a));
    case 'less':
      return broadcast((a, b) => truth(a < b));
    case 'lessOrEqual':
      return broadcast((a, b) => truth(a <= b));
    case 'equal':
      return broadcast((a, b) => truth(a === b));
    case 'select':
      return broadcast((condition, a, b) => (condition === 0 ? b : a));
    case 'flush':
      return broadcast((a) => arithmetic.flush(a, operation.exponent));
    case 'expand':
      return build(operation.rows, operation.columns, (r, c) => cell(x, r, c));
    case 'matmul':
      if (operation.transposed) return build(rowCount, y[0]!.length, (t, k) => dot(columnOf(y, k), x[t]!));
      return build(rowCount, y.length, (t, m) => dot(y[m]!, x[t]!));
    case 'product':
      return product(operation, [x, y], dot);
    case 'sum':
      if (operation.axis === 'columns') return x.map((row) => [sum(row)]);
      return [x[0]!.map((_, column) => sum(columnOf(x, column).toReversed()))];
    case 'max':
      return x.map((row) => [row.reduce((largest, element) => (largest < element ? element : largest))]);
    case 'total': {
      const lanes = [0, 1, 2, 3].map((lane) => sum(x.flat().filter((_, index) => index % 4 === lane)));
      return [[round(round(lanes[0]! + lanes[1]!) + round(lanes[2]! + lanes[3]!))]];
    }
    case 'slice':
      return build(operation.rows, operation.columns, (r, c) => x[r + operation.row]![c + operation.column]!);
    case 'pad':
      return build(operation.rows, operation.columns, (r, c) => x[r - operation.row]?.[c - operation.column] ?? 0);
    case 'concatenate':
      return operation.axis === 'rows' ? operands.flat() : x.map((_, row) => operands.flatMap((matrix) => matrix[row]!));
    case 'reshape':
      return build(operation.rows, operation.columns, (r, c) => x.flat()[r * operation.columns + c]!);
    case 'transpose':
      return build(columnCount, rowCount, (r, c) => x[c]![r]!);
    case 'shift':
      return build(rowCount, columnCount, (r, c) => x[r - operation.by]?.[c] ?? 0);
    case 'scan':
      return scan(arithmetic, operation.reverse, [x, y]);
    case 'delay':
      throw new Error('Cannot compute a delay: none outside a region wanted');
    default: {
      const apply = arithmetic.functions[operation.op];
      return broadcast((a) => apply(a));
    }
  }
}

const cell = (matrix: Rows, row: number, column: number): number => {
  const found = matrix[matrix.length === 1 ? 0 : row]!;
  return found[found.length === 1 ? 0 : column]!;
};

type Dot = (a: readonly number[], b: readonly number[]) => number;

function product({ form, triangle }: Operation & { readonly op: 'product' }, [x, y]: readonly [Rows, Rows], dot: Dot): Rows {
  const transposed = (matrix: Rows): Rows => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
  const left = form === 'tn' ? transposed(x) : x;
  const right = form === 'nt' ? y : transposed(y);
  return left.map((a, m) =>
    right.map((b, n) => {
      if (triangle === 'output') return n > m ? 0 : dot(a, b);
      if (triangle === 'none') return dot(a, b);
      return form === 'nn' ? dot(a.slice(0, m + 1), b) : dot(a.slice(m), b.slice(m));
    }),
  );
}

function scan({ round, flush }: Arithmetic, reverse: boolean, [decay, input]: readonly [Rows, Rows]): Rows {
  const result = input.map((row) => [...row]);
  const times = input.map((_, t) => t);
  for (const column of input[0]!.keys()) {
    let state = 0;
    for (const t of reverse ? times.toReversed() : times) {
      state = flush(round(input[t]![column]! + round(cell(decay, t, column) * state)), -51);
      result[t]![column] = state;
    }
  }
  return result;
}
