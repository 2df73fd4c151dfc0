// A square of numbers in vector registers, to be transposed or added up.

import type { Assembler } from './assembler.js';

/** Bytes 4a … 4a + 3 of a pair of vectors, for lanes a of 0 … 7. */
const shuffleLanes = (lanes: readonly number[]): number[] => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));

/** Four by four floats that are loaded by rows and pushed by columns. */
export class Square {
  readonly #assembler: Assembler;
  readonly #rows: readonly number[];
  /** Columns 0 and 1, then columns 2 and 3, of the upper and of the lower two rows. */
  readonly #pairs: readonly number[];

  constructor(assembler: Assembler) {
    this.#assembler = assembler;
    this.#rows = assembler.locals('v128', 4);
    this.#pairs = assembler.locals('v128', 4);
  }

  load(pushRow: (row: number) => void): void {
    this.#rows.forEach((row, index) => {
      pushRow(index);
      this.#assembler.set(row);
    });
    this.#pairs.forEach((pair, index) => {
      const first = (index >> 1) * 2;
      const lanes = index % 2 === 0 ? [0, 4, 1, 5] : [2, 6, 3, 7];
      this.#assembler
        .get(this.#rows[first]!)
        .get(this.#rows[first + 1]!)
        .shuffle(shuffleLanes(lanes))
        .set(pair);
    });
  }

  pushColumn(column: number): Assembler {
    const pair = column >> 1;
    const lanes = column % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7];
    return this.#assembler
      .get(this.#pairs[pair]!)
      .get(this.#pairs[pair + 2]!)
      .shuffle(shuffleLanes(lanes));
  }

  /** (s0 + s1) + (s2 + s3) of every row's numbers s. */
  pushSums(): Assembler {
    this.pushColumn(0);
    this.pushColumn(1).emit('f32x4.add');
    this.pushColumn(2);
    return this.pushColumn(3).emit('f32x4.add', 'f32x4.add');
  }
}
