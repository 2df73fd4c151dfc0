// Kernels of element-wise operations and copies: a loop over time around a loop over columns.

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
export function columnLoop(assembler: Assembler, columns: number, body: (unrolled: number) => void): void {
  const unrolled = Math.min(columns, mostUnrolled);
  const whole = columns - (columns % unrolled);
  if (whole === unrolled) body(unrolled);
  else assembler.repeat(assembler.local(), { from: 0, to: whole, step: unrolled }, () => body(unrolled));
  if (whole < columns) body(columns - whole);
}

/** The kernel of a chain of element-wise operations. */
export function pointwiseKernel(emission: Emission, kernel: Kernel): Assembler {
  const assembler = new Assembler(kernelParameters.count);
  const time = assembler.local();
  const code = new PointwiseCode(emission, kernel, { assembler, time });
  const { rows, columns } = extent(emission, kernel);
  const { direction } = kernel;
  const loops = (known: Rows | undefined, count: number): void =>
    timeLoop(assembler, time, { rows: count, direction }, () => {
      code.cursors.start({ slot: kernelParameters.slot, time });
      columnLoop(assembler, columns, (unroll) => {
        for (let column = 0; column < unroll; column++) code.element(column, { rows: known });
        if (unroll < columns) code.cursors.advanceColumns(unroll);
      });
    });
  // Where one call computes all time steps, it is known which of them lie in which window.
  const isWhole = rows === kernel.rows && kernel.region === undefined;
  const pieces = emission.facts !== undefined && isWhole ? piecesOf(rows, code.windows()) : [];
  startTime(assembler, time, { rows, direction });
  if (pieces.length === 0 || pieces.length > mostPieces) loops(undefined, rows);
  else {
    for (const piece of direction < 0 ? pieces.toReversed() : pieces) {
      assembler.integer(direction < 0 ? piece.first + piece.count - 1 : piece.first).set(time);
      loops(piece, piece.count);
    }
  }
  return assembler;
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
