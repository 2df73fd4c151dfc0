// How often something may be done.

import { expect, test } from 'vitest';
import { Allowance, AllowanceByAddress } from '../../coordinator/shell/allowance.js';

const rate = { atOnce: 3, perSecond: 2 };
const spend = (allowance: Allowance, count: number, now: number): readonly boolean[] =>
  Array.from({ length: count }, () => allowance.spend(now));

test('Allowance grants a stock at once, and no more', () => {
  expect(spend(new Allowance(rate, 1000), 5, 1000)).toEqual([true, true, true, false, false]);
});

test('Allowance fills up with time, to the stock and not beyond', () => {
  const allowance = new Allowance(rate, 0);
  spend(allowance, 3, 0);
  expect(spend(allowance, 2, 499)).toEqual([false, false]);
  expect(spend(allowance, 2, 500)).toEqual([true, false]);
  expect(spend(allowance, 4, 1_000_000)).toEqual([true, true, true, false]);
});

test('Allowance lets everything pass that was granted, however fast', () => {
  const allowance = new Allowance(rate, 0);
  for (let count = 0; count < 10_000; count++) {
    allowance.grant();
    expect(allowance.spend(0)).toBe(true);
  }
  // What was granted and not used is no more than the stock.
  for (let count = 0; count < 10_000; count++) allowance.grant();
  expect(spend(allowance, 4, 0)).toEqual([true, true, true, false]);
});

test('AllowanceByAddress counts each address by itself, and remembers only those that lack something', () => {
  const allowances = new AllowanceByAddress(rate);
  const outcomes = ['a', 'a', 'a', 'a', 'b'].map((address) => allowances.spend(address, 0));
  expect(outcomes).toEqual([true, true, true, false, true]);
  allowances.forget(500);
  expect([allowances.size, allowances.spend('a', 500), allowances.spend('a', 500)]).toEqual([1, true, false]);
  allowances.forget(1_000_000);
  expect(allowances.size).toBe(0);
});

test('AllowanceByAddress remembers no more addresses than its limit', () => {
  const allowances = new AllowanceByAddress(rate);
  for (let index = 0; index < 70_000; index++) allowances.spend(String(index), 0);
  expect(allowances.size).toBe(65_536);
});
