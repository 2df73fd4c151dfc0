import { expect, test } from 'vitest';

import { countFlops, inputLayout, inputLength, outputLayout, outputLength } from '../../tensor/index.js';
import { programOf } from './programs.js';

test('countFlops() counts two for a multiply-add and one for an element of anything else that computes', () => {
  const program = programOf((b) => {
    const w = b.input('w', 5, 3);
    const y = b.tanh(b.matmul(b.uniform(7, 3), w));
    b.output('gradient', b.weightGradient(y, b.uniform(7, 3)));
    b.output('sum', b.batchSum(y));
    b.output('norm', b.total(b.square(w)));
  });
  // matmul 2·7·5·3, tanh 35, weightGradient 2·5·3·7, batchSum 35
  expect(countFlops(program)).toEqual({ perSequence: 210 + 35 + 210 + 35, perMicrobatch: 15 + 15 });
});

test('countFlops() counts what a triangular product computes', () => {
  const count = (triangle: 'none' | 'output'): number =>
    countFlops(programOf((b) => b.output('y', b.batchSum(b.product(b.uniform(4, 3), b.uniform(4, 3), 'nt', triangle)))))
      .perSequence - 16;
  expect(count('none')).toBe(2 * 16 * 3);
  expect(count('output')).toBe(2 * 10 * 3);
});

test('countFlops() counts scans, sums and maxima, and no copies', () => {
  const program = programOf((b) => {
    const x = b.transpose(b.reshape(b.uniform(4, 3), 2, 6));
    b.output('y', b.batchSum(b.add(b.sum(b.scan(b.constant(0.5), x), 'columns'), b.max(x))));
  });
  // scan 2·12, flush of nothing, sum 12, max 12, add 6, batchSum 6
  expect(countFlops(program)).toEqual({ perSequence: 24 + 12 + 12 + 6 + 6, perMicrobatch: 0 });
});

test('inputLayout() and outputLayout() lay tensors one after the other', () => {
  const program = programOf((b) => {
    const [w, v] = [b.input('w', 2, 3), b.input('v', 1, 4)];
    b.output('total', b.total(w));
    b.output('v', v);
  });
  expect(inputLayout(program)).toEqual([
    { name: 'w', rows: 2, columns: 3, offset: 0, length: 6 },
    { name: 'v', rows: 1, columns: 4, offset: 6, length: 4 },
  ]);
  expect(outputLayout(program)).toEqual([
    { name: 'total', rows: 1, columns: 1, offset: 0, length: 1 },
    { name: 'v', rows: 1, columns: 4, offset: 1, length: 4 },
  ]);
  expect([inputLength(program), outputLength(program)]).toEqual([10, 5]);
});
