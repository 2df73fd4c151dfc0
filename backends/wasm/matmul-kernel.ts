// Matmul: y[t, m] = Σ_k W[m, k] x[t, k] for 8 sequences at once. A tile of up to 4 rows of weights keeps its sums in 8 vectors; the
// element-wise operations that follow run on them before anything is stored.
//
// The compiler below us moves all loads of a basic block to its top, so an unrolled loop would run out of registers: a real branch
// stands between the steps of k.
//
// Two things are left out where nobody can tell: the first addition, to +0, and products by a column that is 1.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { Cursors, type Emission, immediateOf, type Place, sequencePlace } from './place.js';
import { PointwiseCode } from './pointwise.js';
import { kernelParameters, startTime, timeLoop } from './pointwise-kernel.js';
import type { Kernel } from './schedule.js';

/** Weights as the tile reads them: the bytes from row to row and from k to k + 1. */
interface Weights {
  readonly address: number;
  readonly rowStride: number;
  readonly innerStride: number;
}

/** Rows [first, first + count · rows) in tiles of `rows`. */
export interface Tiling {
  readonly first: number;
  readonly count: number;
  readonly rows: number;
}

/** Tiles of equal size if there are any, otherwise full tiles and a rest. */
export function tilingOf(size: number, most: number): readonly Tiling[] {
  const count = Math.ceil(size / most);
  if (size % count === 0) return [{ first: 0, count, rows: size / count }];
  const full = Math.floor(size / most);
  return [
    { first: 0, count: full, rows: most },
    { first: full * most, count: 1, rows: size % most },
  ];
}

/** Steps of k between two tests for the end; they are tested anyway, so it need not divide the length. */
const stepsOfInner = (length: number): number => (length <= 8 ? length : length % 8 === 0 ? 8 : 4);

class MatmulCode {
  readonly assembler = new Assembler(kernelParameters.count);
  readonly #emission: Emission;
  readonly #kernel: Kernel;
  readonly #weights: readonly Weights[];
  /** Products that are summed: all k but a last one whose operand is 1. */
  readonly #inner: number;
  readonly #hasOnes: boolean;
  readonly #beginsWithProduct: boolean;
  readonly #operand: Place;
  readonly #operandCursor: Cursors;
  readonly #pointwise: PointwiseCode;
  readonly #time = this.assembler.local();
  readonly #column = this.assembler.local();
  readonly #weight = this.assembler.local();
  readonly #weightEnd = this.assembler.local();
  readonly #weightStart = this.assembler.local();
  readonly #x = this.assembler.local();
  readonly #sums = this.assembler.locals('v128', 8);
  readonly #halves = this.assembler.locals('v128', 2);
  readonly #splat = this.assembler.local('v128');

  constructor(emission: Emission, kernel: Kernel) {
    this.#emission = emission;
    this.#kernel = kernel;
    this.#weights = kernel.heads.map((head) => weightsOf(emission, head));
    const operand = valueAt(emission.graph, kernel.heads[0]!).operands[0]!;
    const { facts } = emission;
    this.#hasOnes = facts?.endingWithOnes.has(operand) === true;
    this.#inner = valueAt(emission.graph, operand).columns - (this.#hasOnes ? 1 : 0);
    this.#beginsWithProduct = this.#inner > 0 && kernel.heads.every((head) => facts?.withoutZeroSign.has(head) === true);
    this.#operand = sequencePlace(emission, operand);
    this.#operandCursor = new Cursors(this.assembler, [this.#operand]);
    this.#pointwise = new PointwiseCode(emission, kernel, { assembler: this.assembler, time: this.#time });
  }

  emit(): Assembler {
    const most = Math.floor(4 / this.#kernel.heads.length);
    for (const tiling of tilingOf(this.#kernel.columns, most)) this.#tiles(tiling);
    return this.assembler;
  }

  #tiles({ first, count, rows }: Tiling): void {
    const { rowStride } = this.#weights[0]!;
    const code = this.assembler;
    code.integer(first * rowStride).set(this.#weightStart);
    code.repeat(this.#column, { from: first, to: first + count * rows, step: rows }, () => {
      const step = this.#kernel.direction || 1;
      const span = { rows: this.#emission.rowsPerCall.get(this.#kernel)!, direction: this.#kernel.direction };
      startTime(code, this.#time, span);
      const position = { slot: kernelParameters.slot, time: this.#time };
      this.#pointwise.cursors.start({ ...position, column: this.#column });
      this.#operandCursor.start(position);
      timeLoop(code, this.#time, span, () => {
        this.#tile(rows);
        if (span.rows === 1) return;
        this.#pointwise.cursors.advanceRows(step);
        this.#operandCursor.advanceRows(step);
      });
      code.advance(this.#weightStart, rows * rowStride);
    });
  }

  #tile(rows: number): void {
    const code = this.assembler;
    if (!this.#beginsWithProduct)
      for (const sum of this.#sums.slice(0, rows * this.#weights.length * 2)) code.splatBits(0).set(sum);
    this.#sumProducts(rows);
    for (let row = 0; row < rows; row++) {
      const heads = this.#kernel.heads.map((head, index): [number, readonly number[]] => {
        const first = (index * rows + row) * 2;
        return [head, this.#sums.slice(first, first + 2)];
      });
      this.#pointwise.element(row, { heads: new Map(heads) });
    }
  }

  #sumProducts(rows: number): void {
    const code = this.assembler;
    const { innerStride } = this.#weights[0]!;
    code
      .get(this.#weightStart)
      .tee(this.#weight)
      .integer(this.#inner * innerStride)
      .emit('i32.add')
      .set(this.#weightEnd);
    this.#operandCursor.push(this.#operand).set(this.#x);
    const first = this.#beginsWithProduct ? 1 : 0;
    if (first > 0) {
      this.#multiplyAdd(rows, true);
      code.advance(this.#x, this.#operand.columnStride).advance(this.#weight, innerStride);
    }
    if (this.#inner > first) this.#loop(this.#inner - first, () => this.#multiplyAdd(rows));
    if (this.#hasOnes) this.#addWeights(rows);
  }

  /** Runs `step` for as many k as there are, from where the locals stand. */
  #loop(length: number, step: () => void): void {
    const code = this.assembler;
    const { innerStride } = this.#weights[0]!;
    const steps = stepsOfInner(length);
    code.block().loop();
    for (let index = 0; index < steps; index++) {
      step();
      code.advance(this.#x, this.#operand.columnStride);
      code.get(this.#weight).integer(innerStride).emit('i32.add').tee(this.#weight).get(this.#weightEnd);
      if (index < steps - 1) code.emit('i32.eq').branchIf(1);
      else code.emit('i32.ne').branchIf(0);
    }
    code.end().end();
  }

  /** One k: a vector pair of the operand times one weight of each row. */
  #multiplyAdd(rows: number, isFirst = false): void {
    const code = this.assembler;
    this.#halves.forEach((half, index) =>
      code
        .get(this.#x)
        .load(immediateOf(this.#operand) + index * 16)
        .set(half),
    );
    this.#forEachWeight(rows, (sums) => {
      this.#halves.forEach((half, index) => {
        const sum = sums[index]!;
        if (isFirst) code.get(this.#splat).get(half).emit('f32x4.mul').set(sum);
        else code.get(sum).get(this.#splat).get(half).emit('f32x4.mul', 'f32x4.add').set(sum);
      });
    });
  }

  /** The k whose operand is 1. */
  #addWeights(rows: number): void {
    this.#forEachWeight(rows, (sums) => {
      for (const sum of sums) this.assembler.get(sum).get(this.#splat).emit('f32x4.add').set(sum);
    });
  }

  /** One weight after the other in all lanes of a local, with the sums that it goes to. */
  #forEachWeight(rows: number, body: (sums: readonly number[]) => void): void {
    const code = this.assembler;
    this.#weights.forEach(({ address, rowStride }, head) => {
      for (let row = 0; row < rows; row++) {
        code
          .get(this.#weight)
          .loadSplat(address + row * rowStride)
          .set(this.#splat);
        const sum = (head * rows + row) * 2;
        body(this.#sums.slice(sum, sum + 2));
      }
    });
  }
}

function weightsOf({ graph, plan }: Emission, head: number): Weights {
  const { operation } = valueAt(graph, head);
  if (operation.op !== 'matmul') throw new TypeError(`Cannot emit a matmul: ${operation.op} found`);
  const { rows, columns } = valueAt(graph, operation.of[1]);
  const address = plan.bases.get(operation.of[1])!;
  if (!operation.transposed) return { address, rowStride: columns * 4, innerStride: 4 };
  const transposed = plan.transposed.get(operation.of[1]);
  return transposed === undefined
    ? { address, rowStride: 4, innerStride: columns * 4 }
    : { address: transposed, rowStride: rows * 4, innerStride: 4 };
}

/** The kernel of one matmul or of several of one operand, with the element-wise operations that joined it. */
export const matmulKernel = (emission: Emission, kernel: Kernel): Assembler => new MatmulCode(emission, kernel).emit();
