// Weight gradient: Σ dy[t, m] x[t, k] over time (descending) and over the sequences of the microbatch. Each weight has one vector of
// four accumulators in memory; lane l takes the sequences l mod 4, the first half of a group before the second.
//
// A block of columns of x stays in the first-level cache while all rows of dy pass over it. As in the matmul, a real branch stands
// between the two halves, so that not all loads move to the top.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { type Tiling, tilingOf } from './matmul-kernel.js';
import { header } from './header.js';
import { deferredGroups } from './memory-plan.js';
import { type Emission, type Place, sequencePlace } from './place.js';
import { kernelParameters } from './pointwise-kernel.js';
import type { Kernel } from './schedule.js';

/** Parameters where the kernel is deferred: whether the accumulators hold sums of this run already, and the number of groups. */
const deferredParameters = { hasSums: kernelParameters.slot, groups: kernelParameters.time } as const;

/** Bytes of x that one block may take of the first-level cache. */
const blockBytes = 20480;

class WeightGradientCode {
  readonly assembler = new Assembler(kernelParameters.count);
  readonly #rows: number;
  readonly #columns: number;
  /** Columns of x that are multiplied: all but a last one that is 1. */
  readonly #multiplied: number;
  readonly #adjoint: Place;
  readonly #operand: Place;
  readonly #accumulators: number;
  readonly #deferred: boolean;
  readonly #steps: number;
  readonly #row = this.assembler.local();
  readonly #column = this.assembler.local();
  readonly #columnEnd = this.assembler.local();
  readonly #block = this.assembler.local();
  readonly #adjointStart = this.assembler.local();
  readonly #operandStart = this.assembler.local();
  readonly #a = this.assembler.local();
  readonly #b = this.assembler.local();
  readonly #left = this.assembler.local();
  readonly #never = this.assembler.local();
  readonly #accumulator = this.assembler.local();
  readonly #sums = this.assembler.locals('v128', 8);
  readonly #x = this.assembler.locals('v128', 2);
  readonly #dy = this.assembler.local('v128');

  constructor(emission: Emission, kernel: Kernel) {
    const value = valueAt(emission.graph, kernel.heads[0]!);
    this.#rows = value.rows;
    this.#columns = value.columns;
    const hasOnes = emission.facts?.endingWithOnes.has(value.operands[1]!) === true;
    this.#multiplied = value.columns - (hasOnes ? 1 : 0);
    this.#adjoint = sequencePlace(emission, value.operands[0]!);
    this.#operand = sequencePlace(emission, value.operands[1]!);
    this.#accumulators = emission.plan.accumulators.get(value.index)!;
    this.#deferred = kernel.deferred;
    this.#steps = emission.rowsPerCall.get(kernel)!;
  }

  emit(): Assembler {
    const code = this.assembler;
    this.#start(this.#adjoint, this.#adjointStart);
    this.#start(this.#operand, this.#operandStart);
    // No address is −1, but the compiler below us cannot know what lies in memory.
    code.integer(header.zero).loadInteger(0).integer(1).emit('i32.sub').set(this.#never);
    for (const { first, count, rows: columns } of this.#blocks()) {
      code.repeat(this.#block, { from: first, to: first + count * columns, step: columns }, () => {
        const pairs = columns & ~1;
        if (pairs > 0) this.#rowTiles(4, (rows) => this.#columnPairs(rows, pairs));
        if (pairs < columns) {
          code.get(this.#block).integer(pairs).emit('i32.add').set(this.#column);
          this.#rowTiles(8, (rows) => this.#tile(rows, 1));
        }
      });
    }
    if (this.#multiplied < this.#columns) {
      code.integer(this.#multiplied).set(this.#column);
      this.#rowTiles(8, (rows) => this.#tile(rows, 1, true));
    }
    return code;
  }

  /** Blocks of an even number of columns, so that pairs of them fill it. */
  #blocks(): readonly Tiling[] {
    if (this.#multiplied === 0) return [];
    const steps = this.#deferred ? deferredGroups : this.#steps;
    const fitting = Math.max(8, Math.floor(blockBytes / (steps * 32)) & ~1);
    return tilingOf(this.#multiplied, Math.min(fitting, this.#multiplied));
  }

  /** The latest time step of the call: sums over time descend. Deferred operands have one step and ascend over groups. */
  #start(place: Place, local: number): void {
    const code = this.assembler.integer(0);
    if (!this.#deferred) {
      code
        .get(kernelParameters.time)
        .integer(this.#steps - 1)
        .emit('i32.add')
        .integer(place.rowStride)
        .emit('i32.mul', 'i32.add');
      if (place.groupStride !== 0) code.get(kernelParameters.slot).integer(place.groupStride).emit('i32.mul', 'i32.add');
    }
    code.set(local);
  }

  /** All rows, so many at a time: with either number of columns a tile has eight sums, enough to hide how long an addition takes. */
  #rowTiles(most: number, body: (rows: number) => void): void {
    for (const { first, count, rows } of tilingOf(this.#rows, most)) {
      this.assembler.repeat(this.#row, { from: first, to: first + count * rows, step: rows }, () => body(rows));
    }
  }

  #columnPairs(rows: number, columns: number): void {
    const code = this.assembler;
    code.get(this.#block).tee(this.#column).integer(columns).emit('i32.add').set(this.#columnEnd).loop();
    this.#tile(rows, 2);
    code.get(this.#column).integer(2).emit('i32.add').tee(this.#column).get(this.#columnEnd).emit('i32.ne').branchIf(0).end();
  }

  #tile(rows: number, columns: number, isOnes = false): void {
    const code = this.assembler;
    const address = (row: number, column: number): number => this.#accumulators + (row * this.#columns + column) * 16;
    code
      .get(this.#row)
      .integer(this.#columns)
      .emit('i32.mul')
      .get(this.#column)
      .emit('i32.add')
      .integer(4)
      .emit('i32.shl')
      .set(this.#accumulator);
    // The first call of a run begins with zeros.
    if (this.#deferred) {
      for (const sum of this.#sums.slice(0, rows * columns)) code.splatBits(0).set(sum);
      code.get(deferredParameters.hasSums).if();
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        code
          .get(this.#accumulator)
          .load(address(row, column))
          .set(this.#sums[row * columns + column]!);
      }
    }
    if (this.#deferred) code.end();
    code.get(this.#adjointStart).get(this.#row).integer(this.#adjoint.columnStride).emit('i32.mul', 'i32.add').set(this.#a);
    code.get(this.#operandStart).get(this.#column).integer(this.#operand.columnStride).emit('i32.mul', 'i32.add').set(this.#b);
    this.#sumProducts(rows, isOnes ? 0 : columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        code
          .get(this.#accumulator)
          .get(this.#sums[row * columns + column]!)
          .store(address(row, column));
      }
    }
  }

  /** Of so many columns; of none, the sums of dy alone. */
  #sumProducts(rows: number, columns: number): void {
    const code = this.assembler;
    const isLoop = this.#deferred || this.#steps > 1;
    if (this.#deferred) code.get(deferredParameters.groups).set(this.#left);
    else code.integer(this.#steps).set(this.#left);
    code.block().loop();
    for (const half of [0, 1]) {
      this.#x.slice(0, columns).forEach((x, column) => {
        code
          .get(this.#b)
          .load(this.#operand.address + column * this.#operand.columnStride + half * 16)
          .set(x);
      });
      for (let row = 0; row < rows; row++) {
        code
          .get(this.#a)
          .load(this.#adjoint.address + row * this.#adjoint.columnStride + half * 16)
          .set(this.#dy);
        if (columns === 0) code.get(this.#sums[row]!).get(this.#dy).emit('f32x4.add').set(this.#sums[row]!);
        this.#x.slice(0, columns).forEach((x, column) => {
          const sum = this.#sums[row * columns + column]!;
          code.get(sum).get(this.#dy).get(x).emit('f32x4.mul', 'f32x4.add').set(sum);
        });
      }
      if (half === 0) code.get(this.#a).get(this.#never).emit('i32.eq').branchIf(1);
    }
    if (isLoop) {
      const advance = (local: number, { groupStride, rowStride }: Place): Assembler =>
        code.advance(local, this.#deferred ? groupStride : -rowStride);
      advance(this.#a, this.#adjoint);
      advance(this.#b, this.#operand);
      code.get(this.#left).integer(-1).emit('i32.add').tee(this.#left).branchIf(0);
    }
    code.end().end();
  }
}

/** The kernel of a weight gradient. */
export const weightGradientKernel = (emission: Emission, kernel: Kernel): Assembler =>
  new WeightGradientCode(emission, kernel).emit();
