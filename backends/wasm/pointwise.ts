// The code of element-wise operations on one element: 8 sequences (two vectors), or four elements of parameters (one vector).

import { cos, exp, type LaneArithmetic, log, type Operation, sigmoid, sin, tanh } from '../../tensor/index.js';
import type { Assembler } from './assembler.js';
import { Carried } from './carried.js';
import { type Value, valueAt } from './graph.js';
import { simdArithmetic, VectorLocals } from './lanes.js';
import type { Instruction } from './opcodes.js';
import { Cursors, type Emission, immediateOf, type Place } from './place.js';
import { type Places, placesOf } from './pointwise-places.js';
import type { Kernel } from './schedule.js';
import { Square } from './square.js';

const binaryInstructions: Readonly<Record<string, Instruction>> = {
  add: 'f32x4.add',
  subtract: 'f32x4.sub',
  multiply: 'f32x4.mul',
  divide: 'f32x4.div',
  minimum: 'f32x4.pmin',
  maximum: 'f32x4.pmax',
};
const comparisons: Readonly<Record<string, Instruction>> = { less: 'f32x4.lt', lessOrEqual: 'f32x4.le', equal: 'f32x4.eq' };
const unaryInstructions: Readonly<Record<string, Instruction>> = {
  negate: 'f32x4.neg',
  absolute: 'f32x4.abs',
  sqrt: 'f32x4.sqrt',
};

const portable = { exp, log, tanh, sigmoid, sin, cos } as const;

/** Exponent below which a state carried over time becomes +0. */
const stateExponent = -51;
const oneBits = 0x3f800000;

/** Emits all element-wise operations of a kernel, one element at a time. */
export class PointwiseCode {
  readonly cursors: Cursors;
  /** What stays in registers from time step to time step, where the loops are such that something can. */
  readonly carried: Carried;
  readonly #emission: Emission;
  readonly #kernel: Kernel;
  readonly #assembler: Assembler;
  readonly #time: number;
  readonly #places: Places;
  readonly #locals: VectorLocals;
  readonly #arithmetic: LaneArithmetic<number>;
  readonly #halves: number;
  #square: Square | undefined;
  /** Locals that are +0 in every lane, of the element at hand. */
  readonly #zeros = new Set<number>();

  constructor(emission: Emission, kernel: Kernel, code: { readonly assembler: Assembler; readonly time: number }) {
    this.#emission = emission;
    this.#kernel = kernel;
    this.#assembler = code.assembler;
    this.#time = code.time;
    this.#halves = kernel.stage === 'body' ? 2 : 1;
    this.#places = placesOf(emission, kernel);
    this.#locals = new VectorLocals(code.assembler);
    this.#arithmetic = simdArithmetic(code.assembler, this.#locals);
    const { reads, writes, states, sums, batchSums } = this.#places;
    const places = [reads, writes, states, sums, batchSums].flatMap((map) => [...map.values()]);
    this.cursors = new Cursors(code.assembler, places);
    this.carried = new Carried(code.assembler, this.#places, this.cursors);
  }

  /** Whether states go on from time step to time step. */
  get hasStates(): boolean {
    return this.#places.states.size > 0;
  }

  /** Windows of time outside of which an operand is +0. */
  windows(): readonly Rows[] {
    return [...this.#places.reads.values()].flatMap(({ window }) => window ?? []);
  }

  /** The element `column` columns after the cursors. */
  element(column: number, { heads = noHeads, rows }: ElementChoices = {}): void {
    this.#locals.release();
    this.#zeros.clear();
    const firstHalves = new Map<number, number>();
    for (let half = 0; half < this.#halves; half++) {
      const values = new Map([...heads].map(([head, locals]) => [head, locals[half]!]));
      for (const index of this.#kernel.operations) {
        const value = valueAt(this.#emission.graph, index);
        const operands = value.operands.map((operand) => this.#operand(operand, { values, column, half, rows }));
        if (value.operation.op === 'batchSum') {
          if (half === 0) firstHalves.set(index, operands[0]!);
          else this.#addToBatch(index, column, [firstHalves.get(index)!, operands[0]!]);
        } else values.set(index, this.#apply(value, operands, { values, column, half, rows }));
      }
      // Results are stored last, since they may take the places of operands.
      for (const [index, place] of this.#places.writes) {
        const isCarried = this.carried.localOf(index, { column, half }) !== undefined;
        if (isCarried && place.rowStride === 0) continue;
        this.cursors.push(place).get(values.get(index)!);
        this.#assembler.storeUnaligned(immediateOf(place, column) + half * 16);
      }
    }
  }

  #operand(operand: number, at: ElementPart): number {
    const known = at.values.get(operand);
    if (known !== undefined) return known;
    const local = this.carried.localOf(operand, at) ?? this.#load(this.#places.reads.get(operand)!, at);
    at.values.set(operand, local);
    return local;
  }

  #load(place: Place, { column, half, rows }: ElementPart): number {
    const local = this.#locals.next();
    const code = this.#assembler;
    const load = (): void => {
      if (place.bits !== undefined) code.splatBits(place.bits);
      else if (place.isSum === true) this.#loadSums(place, column);
      else if (place.splat) this.cursors.push(place).loadSplat(immediateOf(place, column));
      else this.cursors.push(place).loadUnaligned(immediateOf(place, column) + half * 16);
    };
    const { window } = place;
    if (window === undefined || (rows !== undefined && isInside(rows, window))) load();
    else if (rows !== undefined && isOutside(rows, window)) {
      code.splatBits(0);
      this.#zeros.add(local);
    } else {
      code.get(this.#time).integer(window.first).emit('i32.sub').integer(window.count).emit('i32.lt_u').if('v128');
      load();
      code.else().splatBits(0).end();
    }
    code.set(local);
    return local;
  }

  /** Four elements of a sum over sequences, whose lanes are not added up yet. */
  #loadSums(place: Place, column: number): void {
    this.#square ??= new Square(this.#assembler);
    this.#square.load((row) => this.cursors.push(place).load(immediateOf(place, column) + row * 16));
    this.#square.pushSums();
  }

  #apply(value: Value, operands: readonly number[], at: ElementPart): number {
    const { operation } = value;
    const [a, b, c] = operands as readonly [number, number, number];
    const code = this.#assembler;
    switch (operation.op) {
      case 'exp':
      case 'log':
      case 'tanh':
      case 'sigmoid':
      case 'sin':
      case 'cos':
        return portable[operation.op](this.#arithmetic, a);
      case 'flush':
        if (this.#emission.facts?.needlessFlushes.has(value.index) === true) return a;
        this.#flush(a, operation.exponent);
        break;
      case 'select':
        code.get(b).get(c).get(a).splatBits(0).emit('f32x4.ne', 'v128.bitselect');
        break;
      case 'scan':
        return this.#scan(value, [a, b], at);
      case 'sum':
        return this.#addOverTime(value.index, a, at);
      default:
        this.#basic(operation, a, b);
    }
    return this.#result();
  }

  #result(): number {
    const local = this.#locals.next();
    this.#assembler.set(local);
    return local;
  }

  #basic({ op }: Operation, a: number, b: number): void {
    const unary = unaryInstructions[op];
    const comparison = comparisons[op];
    if (unary !== undefined) this.#assembler.get(a).emit(unary);
    else if (comparison !== undefined) this.#assembler.get(a).get(b).emit(comparison).splatBits(oneBits).emit('v128.and');
    else this.#assembler.get(a).get(b).emit(binaryInstructions[op]!);
  }

  /** Keeps the lanes whose magnitude, as an integer, is not below the threshold's. */
  #flush(local: number, exponent: number): void {
    const threshold = (exponent + 127) << 23;
    const code = this.#assembler.get(local).get(local).splatBits(0x7fffffff).emit('v128.and');
    code.splatBits(threshold - 1).emit('i32x4.gt_s', 'v128.and');
  }

  #scan({ index }: Value, [decay, input]: readonly [number, number], at: ElementPart): number {
    const place = this.#places.states.get(index)!;
    // The flush forgets the sign of a zero, which is all that adding +0 changes.
    const isZero = this.#zeros.has(input);
    if (!isZero) this.#assembler.get(input);
    this.#assembler.get(decay);
    const carried = this.carried.localOf(index, at);
    if (carried === undefined) this.cursors.push(place).loadUnaligned(immediateOf(place, at.column) + at.half * 16);
    else this.#assembler.get(carried);
    this.#assembler.emit('f32x4.mul');
    if (!isZero) this.#assembler.emit('f32x4.add');
    const next = this.#result();
    this.#flush(next, stateExponent);
    if (carried === undefined) return this.#result();
    this.#assembler.set(carried);
    return carried;
  }

  #addOverTime(index: number, local: number, { column, half }: ElementPart): number {
    const place = this.#places.sums.get(index)!;
    const immediate = immediateOf(place, column) + half * 16;
    this.cursors.push(place).loadUnaligned(immediate).get(local).emit('f32x4.add');
    const sum = this.#result();
    this.cursors.push(place).get(sum).storeUnaligned(immediate);
    return sum;
  }

  #addToBatch(index: number, column: number, [first, second]: readonly [number, number]): void {
    const carried = this.carried.localOf(index, { column, half: 0 });
    if (carried !== undefined) {
      this.#assembler.get(carried).get(first).emit('f32x4.add').get(second).emit('f32x4.add').set(carried);
      return;
    }
    const place = this.#places.batchSums.get(index)!;
    const immediate = immediateOf(place, column);
    this.cursors.push(place);
    this.cursors.push(place).loadUnaligned(immediate).get(first).emit('f32x4.add').get(second).emit('f32x4.add');
    this.#assembler.storeUnaligned(immediate);
  }
}

/** Time steps [first, first + count). */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** What is known of an element beside its column. */
interface ElementChoices {
  /** Locals with the results of the kernel's matmuls, a pair for each. */
  readonly heads?: ReadonlyMap<number, readonly number[]>;
  /** The time steps for which the code is. */
  readonly rows?: Rows | undefined;
}

interface ElementPart {
  readonly values: Map<number, number>;
  readonly column: number;
  readonly half: number;
  readonly rows: Rows | undefined;
}

const noHeads: ReadonlyMap<number, readonly number[]> = new Map();

const isInside = (rows: Rows, window: Rows): boolean =>
  rows.first >= window.first && rows.first + rows.count <= window.first + window.count;
const isOutside = (rows: Rows, window: Rows): boolean =>
  rows.first + rows.count <= window.first || rows.first >= window.first + window.count;
