// Products of two values of one sequence (attention): c[m, n] = Σ_k a[m, k] b[k, n] in the forms nn, nt and tn, which differ in
// strides only. Four rows by two columns of c are summed at once, for one half of the group at a time.
//
// Triangular forms leave out what the contract leaves out: the common part of a tile's range of k is a loop, the rows' different
// ends are unrolled.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { type Emission, type Place, sequencePlace } from './place.js';
import { kernelParameters } from './pointwise-kernel.js';
import type { Kernel } from './schedule.js';

type Triangle = 'none' | 'output' | 'left';

/** An operand as the tile walks over it: bytes from row (or column) to row, and from k to k + 1. */
interface Walk {
  readonly address: number;
  readonly outer: number;
  readonly inner: number;
}

const stepsOfInner = 4;

class ProductCode {
  readonly assembler = new Assembler(kernelParameters.count);
  readonly #rows: number;
  readonly #columns: number;
  readonly #inner: number;
  readonly #ascending: boolean;
  readonly #triangle: Triangle;
  readonly #left: Walk;
  readonly #right: Walk;
  readonly #result: Place;
  readonly #half = this.assembler.local();
  readonly #row = this.assembler.local();
  readonly #column = this.assembler.local();
  readonly #columnEnd = this.assembler.local();
  readonly #a = this.assembler.local();
  readonly #aEnd = this.assembler.local();
  readonly #b = this.assembler.local();
  readonly #c = this.assembler.local();
  readonly #sums = this.assembler.locals('v128', 8);
  readonly #y = this.assembler.locals('v128', 2);
  readonly #x = this.assembler.local('v128');

  constructor(emission: Emission, kernel: Kernel) {
    const value = valueAt(emission.graph, kernel.heads[0]!);
    const { operation } = value;
    if (operation.op !== 'product') throw new TypeError(`Cannot emit a product: ${operation.op} found`);
    const [left, right] = operation.of.map((index) => sequencePlace(emission, index)) as [Place, Place];
    const leftValue = valueAt(emission.graph, operation.of[0]);
    this.#rows = value.rows;
    this.#columns = value.columns;
    this.#triangle = operation.triangle;
    this.#ascending = operation.form === 'nn';
    this.#inner = operation.form === 'tn' ? leftValue.rows : leftValue.columns;
    const across = (place: Place): Walk => ({ address: place.address, outer: place.columnStride, inner: place.rowStride });
    const along = (place: Place): Walk => ({ address: place.address, outer: place.rowStride, inner: place.columnStride });
    this.#left = operation.form === 'tn' ? across(left) : along(left);
    this.#right = operation.form === 'nt' ? along(right) : across(right);
    this.#result = sequencePlace(emission, value.index);
  }

  emit(): Assembler {
    const code = this.assembler;
    const full = Math.floor(this.#rows / 4);
    const rest = this.#rows % 4;
    code.repeat(this.#half, { from: 0, to: 32, step: 16 }, () => {
      if (full > 0) code.repeat(this.#row, { from: 0, to: full * 4, step: 4 }, () => this.#rowTile(4));
      if (rest > 0) {
        code.integer(full * 4).set(this.#row);
        this.#rowTile(rest);
      }
    });
    return code;
  }

  /** All columns of some rows; below a triangle's diagonal only those that reach it. */
  #rowTile(rows: number): void {
    const code = this.assembler;
    const isShort = this.#triangle === 'output' && rows === 4;
    const pairs = this.#columns & ~1;
    code.integer(0).set(this.#column);
    if (isShort || pairs > 0) {
      if (isShort) code.get(this.#row).integer(4).emit('i32.add');
      else code.integer(pairs);
      code.set(this.#columnEnd).loop();
      this.#tile(rows, 2);
      code.get(this.#column).integer(2).emit('i32.add').tee(this.#column).get(this.#columnEnd).emit('i32.ne').branchIf(0).end();
    }
    if (!isShort && this.#columns > pairs) this.#tile(rows, 1);
    if (this.#triangle === 'output') this.#clearAbove(rows, isShort);
  }

  #clearAbove(rows: number, isShort: boolean): void {
    const code = this.assembler;
    const { address, rowStride, columnStride } = this.#result;
    code
      .get(this.#row)
      .integer(rowStride + columnStride)
      .emit('i32.mul')
      .get(this.#half)
      .emit('i32.add')
      .set(this.#c);
    for (let row = 0; row < rows; row++) {
      for (let column = row + 1; column < rows; column++) {
        code
          .get(this.#c)
          .splatBits(0)
          .store(address + row * rowStride + column * columnStride);
      }
    }
    if (!isShort) return;
    code.block().loop().get(this.#column).integer(this.#columns).emit('i32.eq').branchIf(1);
    for (let row = 0; row < rows; row++)
      code
        .get(this.#c)
        .splatBits(0)
        .store(address + row * rowStride + 4 * columnStride);
    code.advance(this.#c, columnStride).get(this.#column).integer(1).emit('i32.add').set(this.#column);
    code.integer(1).branchIf(0).end().end();
  }

  #tile(rows: number, columns: number): void {
    const code = this.assembler;
    const { address, rowStride, columnStride } = this.#result;
    for (const sum of this.#sums.slice(0, rows * columns)) code.splatBits(0).set(sum);
    code.get(this.#row).integer(this.#left.outer).emit('i32.mul').get(this.#half).emit('i32.add').set(this.#a);
    code.get(this.#column).integer(this.#right.outer).emit('i32.mul').get(this.#half).emit('i32.add').set(this.#b);
    if (this.#triangle !== 'left') this.#sumProducts({ rows, columns }, () => code.integer(this.#inner));
    else if (this.#ascending) {
      this.#sumProducts({ rows, columns }, () => code.get(this.#row).integer(1).emit('i32.add'));
      for (let k = 1; k < rows; k++) this.#step({ rows, columns, from: k });
    } else {
      for (const [a, walk] of [
        [this.#a, this.#left],
        [this.#b, this.#right],
      ] as const) {
        code.get(a).get(this.#row).integer(walk.inner).emit('i32.mul', 'i32.add').set(a);
      }
      for (let k = 1; k < rows; k++) this.#step({ rows: k, columns });
      this.#sumProducts({ rows, columns }, () =>
        code
          .integer(this.#inner - rows + 1)
          .get(this.#row)
          .emit('i32.sub'),
      );
    }
    code.get(this.#row).integer(rowStride).emit('i32.mul').get(this.#column).integer(columnStride).emit('i32.mul', 'i32.add');
    code.get(this.#half).emit('i32.add').set(this.#c);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const sum = this.#sums[row * columns + column]!;
        code
          .get(this.#c)
          .get(sum)
          .store(address + row * rowStride + column * columnStride);
      }
    }
  }

  /** As many steps of k as `count` pushes, at least one. */
  #sumProducts(tile: TileStep, count: () => void): void {
    const code = this.assembler;
    const { inner } = this.#left;
    // Where a stride is 0 there is one step of k alone.
    if (inner === 0) return this.#step(tile);
    code.get(this.#a);
    count();
    code.integer(inner).emit('i32.mul', 'i32.add').set(this.#aEnd).block().loop();
    for (let step = 0; step < stepsOfInner; step++) {
      this.#step(tile);
      code.get(this.#a).get(this.#aEnd);
      if (step < stepsOfInner - 1) code.emit('i32.eq').branchIf(1);
      else code.emit('i32.ne').branchIf(0);
    }
    code.end().end();
  }

  /** One k for the rows from `from` on. */
  #step({ rows, columns, from = 0 }: TileStep): void {
    const code = this.assembler;
    const width = columns;
    this.#y.slice(0, width).forEach((y, column) =>
      code
        .get(this.#b)
        .load(this.#right.address + column * this.#right.outer)
        .set(y),
    );
    for (let row = from; row < rows; row++) {
      code
        .get(this.#a)
        .load(this.#left.address + row * this.#left.outer)
        .set(this.#x);
      this.#y.slice(0, width).forEach((y, column) => {
        const sum = this.#sums[row * width + column]!;
        code.get(sum).get(this.#x).get(y).emit('f32x4.mul', 'f32x4.add').set(sum);
      });
    }
    code.advance(this.#a, this.#left.inner).advance(this.#b, this.#right.inner);
  }
}

interface TileStep {
  readonly rows: number;
  readonly columns: number;
  readonly from?: number;
}

/** The kernel of a product of two values. */
export const productKernel = (emission: Emission, kernel: Kernel): Assembler => new ProductCode(emission, kernel).emit();
