// Small programs that together use every operation.

import type { Program } from '../../tensor/index.js';
import { lstm, lstmShapes } from './cells.js';
import { gradientProgram, noise, weigh } from './finite-differences.js';
import { programOf } from './programs.js';

/** The gradient program of an LSTM cell. */
export const lstmGradient: Program = gradientProgram(lstmShapes(2, 2), (b, ...parameters) =>
  weigh(b, lstm(b, noise(b, 3, 2), parameters)),
);

/** A program in which every operation that is not in the LSTM's gradient has a part. */
export const potpourri: Program = programOf((b) => {
  const p = b.input('p', 2, 3);
  const x = b.normal(4, 2);
  const joined = b.concatenate([x, b.transpose(b.product(x, x, 'nt', 'output'))], 'columns');
  const decayed = b.scan(b.constant(0.5), b.reshape(joined, 8, 3), true);
  const chosen = b.select(b.lessOrEqual(decayed, b.minimum(b.max(decayed), b.absolute(decayed))), b.exp(decayed), p.rows);
  const turned = b.maximum(
    b.shift(b.pad(chosen, { row: 1, column: 0, rows: 9, columns: 3 }), -1),
    b.equal(b.iota(1, 3, 'columns'), 1),
  );
  const y = b.matmul(turned, b.multiply(p, b.table(2, 3, [1, 2, 3, 4, 5, 6])));
  b.output('y', b.divide(b.batchSum(b.divide(y, 3), true), b.sqrt(b.total(b.square(p)))));
  b.output('squares', b.weightGradient(b.negate(y), b.expand(b.subtract(1, b.sigmoid(2)), 9, 1)));
});
