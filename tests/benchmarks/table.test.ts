import { expect, test } from 'vitest';
import { formatNumber, formatTable } from '../../benchmarks/table.js';

test('formatTable() aligns columns, to the right where asked', () => {
  const table = {
    title: 'Rates',
    columns: ['name', '>rate'],
    rows: [
      ['loop', '7'],
      ['matmul', '12 345'],
    ],
  };
  expect(formatTable(table)).toBe(
    ['## Rates', '', '| name   |   rate |', '| ------ | -----: |', '| loop   |      7 |', '| matmul | 12 345 |', ''].join('\n'),
  );
});

test('formatTable() says so when there are no rows', () => {
  expect(formatTable({ title: 'Rates', columns: ['name'], rows: [] })).toContain('Nothing measured.');
});

test.each([
  [1_234_567.8, '1 234 568'],
  [999.6, '1 000'],
  [45.67, '45.7'],
  [1.234, '1.23'],
  [0, '0.00'],
])('formatNumber() writes %d as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});
