// A matrix of f32 as the interpreter holds it, and reading it with broadcasting.

/** [rows, columns] of f32, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** A matrix of +0. */
export const createMatrix = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float32Array(rows * columns),
});

/** Element (row, column); a dimension of size 1 is broadcast. */
export function at(matrix: Matrix, row: number, column: number): number {
  const r = matrix.rows === 1 ? 0 : row;
  const c = matrix.columns === 1 ? 0 : column;
  return matrix.data[r * matrix.columns + c] ?? 0;
}

/** The rows of a result that are computed at once: all of them, or one time step of a region. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Fills the rows of a result element by element; each element is rounded to f32. */
export function fill(result: Matrix, { from, to }: RowRange, element: (row: number, column: number) => number): void {
  for (let row = from; row < to; row += 1) {
    for (let column = 0; column < result.columns; column += 1) result.data[row * result.columns + column] = element(row, column);
  }
}

/** Σ term(k) over [from, to) ascending, from +0, products and sums rounded to f32. */
export function accumulate(from: number, to: number, term: (k: number) => number): number {
  let sum = 0;
  for (let k = from; k < to; k += 1) sum = Math.fround(sum + Math.fround(term(k)));
  return sum;
}
