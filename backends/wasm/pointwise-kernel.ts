// Kernels of element-wise operations and copies: a loop over time around a loop over columns, or, for scans, the other way round.

import type { CopyPart } from './access.js';
import { Assembler } from './assembler.js';
import { Cursors, type Emission, immediateOf, placeOf } from './place.js';
import { PointwiseCode, type Rows } from './pointwise.js';
import { isFlat } from './pointwise-places.js';
import type { Kernel } from './schedule.js';

/** Parameters of every kernel of the body: the group's slot and the first time step. */
export const kernelParameters = { slot: 0, time: 1, count: 2 } as const;

/** Columns handled in one pass of the inner loop: with more, vectors no longer fit into registers. */
const mostUnrolled = 2;

/** The time steps of one call of a kernel. */
export interface Span {
  readonly rows: number;
  readonly direction: -1 | 0 | 1;
}

/** Sets the local to the first of the time steps that begin at the kernel's parameter. */
export function startTime(assembler: Assembler, time: number, { rows, direction }: Span): void {
  assembler.get(kernelParameters.time);
  if (direction < 0 && rows > 1) assembler.integer(rows - 1).emit('i32.add');
  assembler.set(time);
}

/** Runs `body` for every time step, in ascending or descending order, from where the local stands. */
export function timeLoop(assembler: Assembler, time: number, { rows, direction }: Span, body: () => void): void {
  if (rows === 1) return body();
  const step = direction || 1;
  const end = assembler.local();
  assembler
    .get(time)
    .integer(step * rows)
    .emit('i32.add')
    .set(end)
    .loop();
  body();
  assembler.get(time).integer(step).emit('i32.add').tee(time).get(end).emit('i32.ne').branchIf(0).end();
}

/** Runs `body` for column 0, n, 2n, … with the n columns of each pass, fewer in the last one if need be. */
export function columnLoop(
  assembler: Assembler,
  columns: number,
  body: (unrolled: number) => void,
  column = assembler.local(),
): void {
  const unrolled = Math.min(columns, mostUnrolled);
  const whole = columns - (columns % unrolled);
  if (whole === unrolled) body(unrolled);
  else assembler.repeat(column, { from: 0, to: whole, step: unrolled }, () => body(unrolled));
  if (whole === columns) return;
  assembler.integer(whole).set(column);
  body(columns - whole);
}

/** The kernel of a chain of element-wise operations. */
export const pointwiseKernel = (emission: Emission, kernel: Kernel): Assembler => new PointwiseLoops(emission, kernel).emit();

class PointwiseLoops {
  readonly #assembler = new Assembler(kernelParameters.count);
  readonly #time = this.#assembler.local();
  readonly #kernel: Kernel;
  readonly #code: PointwiseCode;
  readonly #rows: number;
  readonly #columns: number;
  /** Where one call computes all time steps, it is known which of them lie in which window. */
  readonly #pieces: readonly Rows[];

  constructor(emission: Emission, kernel: Kernel) {
    this.#kernel = kernel;
    this.#code = new PointwiseCode(emission, kernel, { assembler: this.#assembler, time: this.#time });
    const { rows, columns } = extent(emission, kernel);
    this.#rows = rows;
    this.#columns = columns;
    const isWhole = rows === kernel.rows && kernel.region === undefined;
    const pieces = emission.facts !== undefined && isWhole ? piecesOf(rows, this.#code.windows()) : [];
    this.#pieces = pieces.length > mostPieces ? [] : pieces;
  }

  emit(): Assembler {
    if (this.#code.hasStates && this.#rows > 1) this.#columnsFirst();
    else this.#timeFirst();
    return this.#assembler;
  }

  /** All columns of one time step after the other: memory is read in order. */
  #timeFirst(): void {
    this.#forEachPiece((known, count) =>
      this.#timeLoop(count, () => {
        this.#code.cursors.start({ slot: kernelParameters.slot, time: this.#time });
        columnLoop(this.#assembler, this.#columns, (unroll) => {
          this.#elements(unroll, known);
          if (unroll < this.#columns) this.#code.cursors.advanceColumns(unroll);
        });
      }),
    );
  }

  /** All time steps of some columns after the other: what is carried over time stays in registers. */
  #columnsFirst(): void {
    const column = this.#assembler.local();
    const { cursors } = this.#code;
    const body = (unroll: number): void => {
      this.#forEachPiece((known, count, index) => {
        cursors.start({ slot: kernelParameters.slot, time: this.#time, column });
        if (index === 0) this.#code.carried.begin(unroll);
        this.#timeLoop(count, () => {
          this.#elements(unroll, known);
          cursors.advanceRows(this.#kernel.direction || 1);
        });
      });
      this.#code.carried.end(unroll);
    };
    columnLoop(this.#assembler, this.#columns, body, column);
  }

  #elements(count: number, rows: Rows | undefined): void {
    for (let column = 0; column < count; column++) this.#code.element(column, { rows });
  }

  #timeLoop(rows: number, body: () => void): void {
    timeLoop(this.#assembler, this.#time, { rows, direction: this.#kernel.direction }, body);
  }

  /** Sets the time to the first of a piece's steps, piece by piece in the kernel's direction. */
  #forEachPiece(body: (known: Rows | undefined, count: number, index: number) => void): void {
    const { direction } = this.#kernel;
    if (this.#pieces.length === 0) {
      startTime(this.#assembler, this.#time, { rows: this.#rows, direction });
      body(undefined, this.#rows, 0);
    }
    for (const [index, piece] of (direction < 0 ? this.#pieces.toReversed() : this.#pieces).entries()) {
      this.#assembler.integer(direction < 0 ? piece.first + piece.count - 1 : piece.first).set(this.#time);
      body(piece, piece.count, index);
    }
  }
}

/** Code is made for each piece of time in turn; with more pieces than these, windows are looked at while it runs. */
const mostPieces = 4;

/** The time steps between the edges of windows, in ascending order. */
function piecesOf(rows: number, windows: readonly Rows[]): readonly Rows[] {
  const edges = windows.flatMap(({ first, count }) => [first, first + count]).filter((edge) => edge > 0 && edge < rows);
  const starts = [0, ...new Set(edges)].toSorted((a, b) => a - b);
  return starts.map((first, index) => ({ first, count: (starts[index + 1] ?? rows) - first }));
}

/** Rows and columns of the loops; parameters go four to a vector, the last vector of a row reaching beyond it. */
function extent(emission: Emission, kernel: Kernel): { readonly rows: number; readonly columns: number } {
  if (kernel.stage === 'body') return { rows: emission.rowsPerCall.get(kernel)!, columns: kernel.columns };
  if (isFlat(emission, kernel)) return { rows: 1, columns: Math.ceil((kernel.rows * kernel.columns) / 4) };
  return { rows: kernel.rows, columns: Math.ceil(kernel.columns / 4) };
}

/** The kernel of a view that has to be copied. */
export function copyKernel(emission: Emission, kernel: Kernel, parts: readonly CopyPart[]): Assembler {
  const assembler = new Assembler(kernelParameters.count);
  const time = assembler.local();
  const value = assembler.local('v128');
  for (const part of parts) {
    const source = placeOf(emission, part.source);
    const destination = placeOf(emission, part.destination);
    const cursors = new Cursors(assembler, [source, destination]);
    const span = { rows: kernel.region === undefined ? part.rows : 1, direction: 1 } as const;
    startTime(assembler, time, span);
    timeLoop(assembler, time, span, () => {
      cursors.start({ slot: kernelParameters.slot, time });
      columnLoop(assembler, part.columns, (unroll) => {
        for (let column = 0; column < unroll; column++) {
          for (const offset of [0, 16]) {
            if (source.bits !== undefined) assembler.splatBits(source.bits);
            else if (source.splat) cursors.push(source).loadSplat(immediateOf(source, column));
            else cursors.push(source).load(immediateOf(source, column) + offset);
            assembler.set(value);
            cursors
              .push(destination)
              .get(value)
              .store(immediateOf(destination, column) + offset);
          }
        }
        if (unroll < part.columns) cursors.advanceColumns(unroll);
      });
    });
  }
  return assembler;
}
