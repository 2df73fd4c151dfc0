// Small dense matrices in f64, row by row: for teachers, constructions and initial values, never for training.

/** A matrix as a list of its rows. */
export type Matrix = readonly (readonly number[])[];

/** The matrix with entries `entry(row, column)`. */
export function matrix(rows: number, columns: number, entry: (row: number, column: number) => number): Matrix {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => entry(row, column)));
}

/** Ones on the diagonal, zeros elsewhere. */
export const identity = (size: number): Matrix => matrix(size, size, (row, column) => (row === column ? 1 : 0));

/** aᵀ. */
export const transpose = (a: Matrix): Matrix => matrix(a[0]?.length ?? 0, a.length, (row, column) => a[column]![row]!);

/** a b. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  return matrix(a.length, b[0]?.length ?? 0, (row, column) => a[row]!.reduce((sum, x, k) => sum + x * b[k]![column]!, 0));
}

/** Σ a_ii. */
export const trace = (a: Matrix): number => a.reduce((sum, row, index) => sum + row[index]!, 0);

/** (a + aᵀ) / 2. */
export const symmetricPart = (a: Matrix): Matrix =>
  matrix(a.length, a.length, (row, column) => (a[row]![column]! + a[column]![row]!) / 2);

/** The inverse, by Gauss–Jordan elimination with row pivots. Throws RangeError for a singular matrix. */
export function invert(a: Matrix): Matrix {
  const size = a.length;
  const work = a.map((row, index) => [...row, ...identity(size)[index]!]);
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) pivot = row;
    }
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const lead = work[column]!;
    const divisor = lead[column]!;
    if (divisor === 0) throw new RangeError(`Cannot invert a matrix: rank ${column} found, ${size} wanted`);
    for (let k = 0; k < 2 * size; k += 1) lead[k]! /= divisor;
    for (let row = 0; row < size; row += 1) {
      const factor = work[row]![column]!;
      if (row === column || factor === 0) continue;
      for (let k = 0; k < 2 * size; k += 1) work[row]![k]! -= factor * lead[k]!;
    }
  }
  return work.map((row) => row.slice(size));
}

/** Rows made orthonormal, in order (Gram–Schmidt, each row cleaned twice). */
export function orthonormalRows(a: Matrix): Matrix {
  const rows: number[][] = [];
  for (const row of a) {
    let rest = [...row];
    for (const other of [...rows, ...rows]) {
      const overlap = other.reduce((sum, x, k) => sum + x * rest[k]!, 0);
      rest = rest.map((x, k) => x - overlap * other[k]!);
    }
    const norm = Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0));
    rows.push(rest.map((x) => x / norm));
  }
  return rows;
}
