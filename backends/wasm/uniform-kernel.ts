// Random numbers: every pair of elements is one Threefry block for 8 sequences, whose indexes are the first word of the counter.

import { threefry, uniform } from '../../tensor/index.js';
import { elementBytes } from './access.js';
import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { simdArithmetic, VectorLocals } from './lanes.js';
import { header } from './header.js';
import type { Emission } from './place.js';
import { kernelParameters } from './pointwise-kernel.js';
import type { Kernel } from './schedule.js';

/** The kernel of a `uniform` operation. */
export function uniformKernel(emission: Emission, kernel: Kernel): Assembler {
  const value = valueAt(emission.graph, kernel.heads[0]!);
  if (value.operation.op !== 'uniform') throw new TypeError(`Cannot emit random numbers: ${value.operation.op} found`);
  const { draw } = value.operation;
  const address = emission.plan.bases.get(value.index)!;
  const assembler = new Assembler(kernelParameters.count);
  const counter = assembler.local();
  const result = assembler.local();
  const key = assembler.locals('v128', 2) as [number, number];
  const sequences = assembler.locals('v128', 2);
  const block = assembler.local('v128');
  const locals = new VectorLocals(assembler);
  const arithmetic = simdArithmetic(assembler, locals);
  key.forEach((local, word) =>
    assembler
      .integer(header.key)
      .loadSplat(word * 4)
      .set(local),
  );
  sequences.forEach((local, half) =>
    assembler
      .integer(header.sequence)
      .loadSplat(0)
      .countFrom(half * 4)
      .emit('i32x4.add')
      .set(local),
  );
  const pair = (elements: number): void => {
    assembler.get(counter).emit('i32x4.splat').set(block);
    sequences.forEach((sequence, half) => {
      locals.release();
      const words = threefry(arithmetic, key, [sequence, block]);
      words.slice(0, elements).forEach((word, element) => {
        const number = uniform(arithmetic, word);
        assembler
          .get(result)
          .get(number)
          .store(address + element * elementBytes + half * 16);
      });
    });
  };
  const length = value.rows * value.columns;
  const pairs = length >> 1;
  assembler.integer(0).set(result).integer(draw).set(counter);
  if (pairs > 0) {
    assembler.loop();
    pair(2);
    assembler
      .advance(counter, 1)
      .get(result)
      .integer(2 * elementBytes)
      .emit('i32.add')
      .tee(result);
    assembler
      .integer(pairs * 2 * elementBytes)
      .emit('i32.ne')
      .branchIf(0)
      .end();
  }
  if (length % 2 === 1) pair(1);
  return assembler;
}
