// The code of one element of a value: read from memory where it lies there, otherwise computed from its operands' elements.

import { absolute, flush, type LaneArithmetic, maximum, minimum, negate, type Operation } from '../../tensor/index.js';
import { type Graph, type Value, valueAt } from '../graph.js';
import { contraction } from './contraction-code.js';
import type { MemoryPlan } from './memory-plan.js';
import type { ArithmeticFault } from './options.js';
import { plus, type ShaderCode, type Word } from './shader-code.js';
import { literal, shaderLanes } from './shader-lanes.js';

/** What the code of all kernels of a program knows. */
export interface Compilation {
  readonly graph: Graph;
  readonly stored: ReadonlySet<number>;
  readonly plan: MemoryPlan;
  readonly fault: ArithmeticFault | undefined;
}

/** Row and column of an element, as expressions. */
export interface Place {
  readonly row: Word;
  readonly column: Word;
}

type View = Extract<
  Operation,
  { readonly op: 'slice' | 'pad' | 'concatenate' | 'reshape' | 'transpose' | 'shift' | 'expand' | 'delay' }
>;

/** Writes the code of elements, for the sequence or the microbatch whose number the variables of the shader hold. */
export class ElementCode {
  readonly code: ShaderCode;
  readonly lanes: LaneArithmetic<Word>;
  /** The sequence of the wave that elements are read of. */
  sequence: Word = 'sequence';
  readonly #compilation: Compilation;

  constructor(compilation: Compilation, code: ShaderCode) {
    this.code = code;
    this.lanes = shaderLanes(code, compilation.fault);
    this.#compilation = compilation;
  }

  /** The value with this index. */
  value(index: number): Value {
    return valueAt(this.#compilation.graph, index);
  }

  /** An element of a value; a dimension of size 1 is broadcast. */
  read(index: number, { row, column }: Place): Word {
    const value = this.value(index);
    const place = { row: value.rows === 1 ? '0u' : row, column: value.columns === 1 ? '0u' : column };
    return this.code.once(`${index} ${place.row} ${place.column} ${this.sequence}`, () => {
      if (!this.#compilation.stored.has(index)) return this.compute(index, place);
      return this.code.let(this.reference(index, place));
    });
  }

  /** The word of memory where an element of a stored value lies. */
  reference(index: number, { row, column }: Place): string {
    const { stage, rows, columns } = this.value(index);
    const { bases, sizes } = this.#compilation.plan;
    const base = bases.get(index)!;
    const inRow = columns === 1 ? '0u' : column;
    const flat = rows === 1 ? plus(inRow, base) : `(${row} * ${columns}u + ${plus(inRow, base)})`;
    switch (stage) {
      case 'prologue':
        return `prologue[${flat}]`;
      case 'body':
        return `body[${flat} * task.sequences + ${this.sequence}]`;
      case 'epilogue':
        return `epilogue[microbatch * ${sizes.epilogue}u + ${flat}]`;
    }
  }

  /** An element of a value from those of its operands. */
  compute(index: number, place: Place): Word {
    const value = this.value(index);
    const { operation } = value;
    switch (operation.op) {
      case 'constant':
        // Through a name that is known at run time only, so that no compiler folds arithmetic of constants.
        return this.code.let(`${literal(operation.bits)} ^ task.zero`);
      case 'iota':
        return this.#indexAsFloat(operation.axis === 'rows' ? place.row : place.column);
      case 'matmul':
      case 'product':
      case 'sum':
      case 'max':
      case 'total':
        return contraction(this, operation, place);
      case 'slice':
      case 'pad':
      case 'concatenate':
      case 'reshape':
      case 'transpose':
      case 'shift':
      case 'expand':
      case 'delay':
        return this.#view(operation, place, value);
      case 'input':
      case 'table':
      case 'uniform':
      case 'scan':
      case 'weightGradient':
      case 'batchSum':
        throw new TypeError(`Cannot compute an element of ${operation.op}: it lies in memory`);
      default: {
        const operands = operation.of.map((operand) => this.read(operand, place));
        return this.#elementwise(operation, operands as unknown as readonly [Word, Word, Word]);
      }
    }
  }

  /** Exact below 2^23, and no dimension is larger. */
  #indexAsFloat(index: Word): Word {
    const [bits, shift] = [this.code.let(`${index} | 0x4b000000u`), literal(0x4b000000)];
    return this.lanes.subtract(bits, shift);
  }

  #elementwise(operation: Operation, [x, y, z]: readonly [Word, Word, Word]): Word {
    const { lanes, code } = this;
    const truth = (mask: Word): Word => code.let(`${mask} & 0x3f800000u`);
    switch (operation.op) {
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        return lanes[operation.op](x, y);
      case 'less':
      case 'lessOrEqual':
      case 'equal':
        return truth(lanes[operation.op](x, y));
      case 'minimum':
        return minimum(lanes, x, y);
      case 'maximum':
        return maximum(lanes, x, y);
      case 'negate':
        return negate(lanes, x);
      case 'absolute':
        return absolute(lanes, x);
      case 'sqrt':
        return lanes.squareRoot(x);
      case 'flush':
        return this.flush(x, operation.exponent);
      case 'select':
        return lanes.select(lanes.equal(x, lanes.bits(0)), z, y);
      case 'exp':
      case 'log':
      case 'tanh':
      case 'sigmoid':
      case 'sin':
      case 'cos':
        return code.call(`portable_${operation.op}`, x);
      default:
        throw new TypeError(`Cannot compute ${operation.op} element by element`);
    }
  }

  /** x, or +0 where its magnitude is below 2^exponent. */
  flush(x: Word, exponent: number): Word {
    return this.#compilation.fault === 'no-flush' ? x : flush(this.lanes, x, exponent);
  }

  #view(operation: View, { row, column }: Place, { columns }: Value): Word {
    const [first] = operation.of;
    const source = this.value(first);
    switch (operation.op) {
      case 'expand':
        return this.read(first, { row, column });
      case 'slice':
        return this.read(first, { row: plus(row, operation.row), column: plus(column, operation.column) });
      case 'pad':
        return this.#guarded(first, { row: plus(row, -operation.row), column: plus(column, -operation.column) });
      case 'shift':
        return this.#guarded(first, { row: plus(row, -operation.by), column });
      case 'delay': {
        const reverse = this.#compilation.graph.program.regions[this.value(first).region!]!.reverse;
        return this.#guarded(first, { row: plus(row, reverse ? 1 : -1), column });
      }
      case 'transpose':
        return this.read(first, { row: column, column: row });
      case 'reshape': {
        const flat = this.code.let(`${row} * ${columns}u + ${column}`);
        const place = { row: `${flat} / ${source.columns}u`, column: `${flat} % ${source.columns}u` };
        return this.read(first, { row: this.code.let(place.row), column: this.code.let(place.column) });
      }
      case 'concatenate':
        return this.#concatenated(operation, { row, column });
    }
  }

  /** The element where the place lies within the value, otherwise +0. What is below 0 is a large unsigned number. */
  #guarded(index: number, { row, column }: Place): Word {
    const { rows, columns } = this.value(index);
    const result = this.code.variable('0u');
    const at = { row: this.code.let(row), column: this.code.let(column) };
    this.code.block(`if (${at.row} < ${rows}u && ${at.column} < ${columns}u)`, () => {
      this.code.statement(`${result} = ${this.read(index, at)};`);
    });
    return result;
  }

  #concatenated({ of, axis }: Extract<View, { readonly op: 'concatenate' }>, { row, column }: Place): Word {
    const result = this.code.variable('0u');
    let [begin, end] = [0, 0];
    of.forEach((index, part) => {
      const along = axis === 'rows' ? row : column;
      end = begin + this.value(index)[axis];
      const condition = part === of.length - 1 ? `${along} >= ${begin}u` : `${along} >= ${begin}u && ${along} < ${end}u`;
      const offset = -begin;
      this.code.block(`if (${condition})`, () => {
        const place = axis === 'rows' ? { row: plus(row, offset), column } : { row, column: plus(column, offset) };
        this.code.statement(`${result} = ${this.read(index, place)};`);
      });
      begin = end;
    });
    return result;
  }
}
