import { expect, test } from 'vitest';

import { floatOf, foldKey, interpreter, keyFromSeed, numberLanes, threefry2x32, uniform } from '../../tensor/index.js';
import { programOf } from './programs.js';

const hex = (words: readonly number[]): readonly string[] => words.map((word) => word.toString(16).padStart(8, '0'));

test.each([
  [
    [0, 0],
    [0, 0],
    ['6b200159', '99ba4efe'],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    ['1cb996fc', 'bb002be7'],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    ['c4923a9c', '483df7a0'],
  ],
] as const)('threefry2x32() gives the published words when the key is %j', (key, counter, wanted) => {
  expect(hex(threefry2x32(key, counter))).toEqual(wanted);
});

test('foldKey() gives the words at counter (0, data), data read as 32 unsigned bits', () => {
  expect(foldKey([1, 2], 3)).toEqual(threefry2x32([1, 2], [0, 3]));
  expect(foldKey([1, 2], -1)).toEqual(threefry2x32([1, 2], [0, 0xffffffff]));
});

test('keyFromSeed() splits a seed of up to 53 bits', () => {
  expect(keyFromSeed(0)).toEqual([0, 0]);
  expect(keyFromSeed(0xffffffff)).toEqual([0, 0xffffffff]);
  expect(keyFromSeed(2 ** 53 - 1)).toEqual([0x1fffff, 0xffffffff]);
  expect(keyFromSeed(2 ** 32 + 7)).toEqual([1, 7]);
});

test('uniform() lies on the grid (k + 1/2) 2^-23 when the word is any', () => {
  for (const word of [0, 1, 511, 512, 0x12345678, 0x7fffffff, 0x80000000, 0xfffffe00, 0xffffffff]) {
    const x = floatOf(uniform(numberLanes, word));
    // Every such number is an f32: nothing is rounded.
    expect(x).toBe((Math.floor(word / 512) + 0.5) * 2 ** -23);
    expect(x > 0 && x < 1).toBe(true);
  }
});

test('the uniform operation reads word e mod 2 at counter (sequence, draw + floor(e / 2))', () => {
  const program = programOf((b) => {
    b.uniform(1, 3);
    const second = b.uniform(2, 2);
    b.output('draws', b.batchSum(second, true));
  });
  const outputs = new Float32Array(4);
  const executable = interpreter.compile(program);
  executable.load(new Float32Array(0));
  const key = [7, 11] as const;
  executable.run({ key, firstSequence: 16, sequenceCount: 8 }, outputs);
  const drawn = (sequence: number, element: number): number => {
    const words = threefry2x32(key, [sequence, 2 + Math.floor(element / 2)]);
    return Math.fround((Math.floor(words[element % 2 === 0 ? 0 : 1] / 512) + 0.5) * 2 ** -23);
  };
  const expected = [0, 1, 2, 3].map((element) => {
    const lanes = [0, 1, 2, 3].map((lane) => Math.fround(drawn(16 + lane, element) + drawn(20 + lane, element)));
    return Math.fround(Math.fround(lanes[0]! + lanes[1]!) + Math.fround(lanes[2]! + lanes[3]!));
  });
  expect([...outputs]).toEqual(expected);
});

test('normal() has the moments of a standard normal', () => {
  const [rows, columns, sequenceCount] = [4, 25, 160];
  const program = programOf((b) => {
    const x = b.normal(rows, columns);
    const square = b.square(x);
    b.output('first', b.batchSum(b.sum(x, 'columns')));
    b.output('second', b.batchSum(b.sum(square, 'columns')));
    b.output('third', b.batchSum(b.sum(b.multiply(square, x), 'columns')));
    b.output('fourth', b.batchSum(b.sum(b.square(square), 'columns')));
    b.output('neighbors', b.batchSum(b.sum(b.multiply(b.slice(x, { columns: 24 }), b.slice(x, { column: 1 })), 'columns')));
  });
  const outputs = new Float32Array(5);
  const executable = interpreter.compile(program);
  executable.load(new Float32Array(0));
  executable.run({ key: keyFromSeed(1), firstSequence: 0, sequenceCount }, outputs);
  const count = rows * columns * sequenceCount;
  const [first, second, third, fourth, neighbors] = [...outputs].map((sum) => sum / count);
  // Four standard errors of each moment of 16,000 draws.
  const error = (variance: number): number => 4 * Math.sqrt(variance / count);
  expect(Math.abs(first!)).toBeLessThan(error(1));
  expect(Math.abs(second! - 1)).toBeLessThan(error(2));
  expect(Math.abs(third!)).toBeLessThan(error(15));
  expect(Math.abs(fourth! - 3)).toBeLessThan(error(96));
  expect(Math.abs(neighbors!)).toBeLessThan(error(1));
});
