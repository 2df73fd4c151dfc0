import { describe, expect, it } from 'vitest';
import { identity, invert, matrix, multiply } from '../../learning/matrices.js';

describe('invert()', () => {
  it('gives the inverse when rows have to be exchanged', () => {
    const a = matrix(5, 5, (row, column) => (row + column === 4 ? 0 : Math.sin(row * 5 + column + 1)));
    const product = multiply(a, invert(a));
    identity(5).forEach((row, i) => row.forEach((x, j) => expect(product[i]![j]).toBeCloseTo(x, 12)));
  });
});
