// Reductions that are no sums of products: over the columns of each row (sequence space), over all elements of a parameter-space
// value, and over the four accumulators of every sum over sequences.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { tilingOf } from './matmul-kernel.js';
import { Cursors, type Emission, immediateOf, sequencePlace } from './place.js';
import { kernelParameters } from './pointwise-kernel.js';
import type { Kernel } from './schedule.js';
import { Square } from './square.js';

/** Sum over columns and max: several rows at a time, so that additions need not wait for each other. */
export function columnReductionKernel(emission: Emission, kernel: Kernel): Assembler {
  const value = valueAt(emission.graph, kernel.heads[0]!);
  const assembler = new Assembler(kernelParameters.count);
  const source = sequencePlace(emission, value.operands[0]!);
  const result = sequencePlace(emission, value.index);
  const columns = valueAt(emission.graph, value.operands[0]!).columns;
  const cursors = new Cursors(assembler, [source, result]);
  const row = assembler.local();
  const column = assembler.local();
  const x = assembler.local();
  const sums = assembler.locals('v128', 8);
  const tile = (rows: number): void => {
    const parts = sums.slice(0, rows * 2).map((sum, part) => ({ sum, row: part >> 1, offset: (part & 1) * 16 }));
    cursors.push(source).set(x);
    const load = (part: { readonly row: number; readonly offset: number }): Assembler =>
      assembler.get(x).load(immediateOf(source) + part.row * source.rowStride + part.offset);
    for (const part of parts) {
      if (value.operation.op === 'max') load(part).set(part.sum);
      else assembler.splatBits(0).set(part.sum);
    }
    assembler.repeat(column, { from: 0, to: columns, step: 1 }, () => {
      for (const part of parts) {
        assembler.get(part.sum);
        load(part)
          .emit(value.operation.op === 'max' ? 'f32x4.pmax' : 'f32x4.add')
          .set(part.sum);
      }
      assembler.advance(x, source.columnStride);
    });
    for (const part of parts) {
      cursors
        .push(result)
        .get(part.sum)
        .store(immediateOf(result) + part.row * result.rowStride + part.offset);
    }
  };
  if (kernel.region !== undefined) {
    cursors.start({ slot: kernelParameters.slot, time: kernelParameters.time });
    tile(1);
    return assembler;
  }
  for (const { first, count, rows } of tilingOf(kernel.rows, 4)) {
    assembler.repeat(row, { from: first, to: first + count * rows, step: rows }, () => {
      cursors.start({ slot: kernelParameters.slot, time: row });
      tile(rows);
    });
  }
  return assembler;
}

/** Sum of all elements of a parameter-space value: four accumulators, which are the lanes of one vector. */
export function totalKernel(emission: Emission, kernel: Kernel): Assembler {
  const value = valueAt(emission.graph, kernel.heads[0]!);
  const of = valueAt(emission.graph, value.operands[0]!);
  const length = of.rows * of.columns;
  const address = emission.plan.bases.get(of.index)!;
  const assembler = new Assembler(kernelParameters.count);
  const offset = assembler.local();
  const sum = assembler.local('v128');
  const whole = length & ~3;
  assembler.splatBits(0).set(sum);
  if (whole > 0) {
    assembler.repeat(offset, { from: 0, to: whole * 4, step: 16 }, () => {
      assembler.get(sum).get(offset).load(address).emit('f32x4.add').set(sum);
    });
  }
  // A sum that began with +0 is never −0, so adding +0 for the lanes beyond the end changes nothing.
  if (whole < length) {
    assembler
      .get(sum)
      .integer(0)
      .load(address + whole * 4)
      .countFrom(0)
      .splatInteger(length - whole)
      .emit('i32x4.lt_s', 'v128.and', 'f32x4.add')
      .set(sum);
  }
  assembler.integer(emission.plan.bases.get(value.index)!);
  for (const [first, second] of [
    [0, 1],
    [2, 3],
  ] as const) {
    assembler.get(sum).extractLane(first).get(sum).extractLane(second).emit('f32.add');
  }
  assembler.emit('f32.add').storeFloat(0);
  return assembler;
}

/** Adds up the lanes of every element of all sums over sequences but those that their reader adds up, four elements at a time. */
export function laneSumsKernel(emission: Emission): Assembler {
  const assembler = new Assembler(kernelParameters.count);
  const index = assembler.local();
  const square = new Square(assembler);
  const { graph, plan, directSums } = emission;
  const sums = graph.order.filter(({ index: value }) => plan.accumulators.has(value) && !directSums.has(value));
  for (const value of sums) {
    const accumulators = plan.accumulators.get(value.index)!;
    const result = plan.bases.get(value.index)!;
    const vectors = Math.ceil((value.rows * value.columns) / 4);
    assembler.repeat(index, { from: 0, to: vectors * 16, step: 16 }, () => {
      square.load((element) =>
        assembler
          .get(index)
          .integer(2)
          .emit('i32.shl')
          .load(accumulators + element * 16),
      );
      assembler.get(index);
      square.pushSums().store(result);
    });
  }
  return assembler;
}

/** Stores weights a second time, transposed, so that a matmul by their transpose reads them in order. */
export function transposeKernel(emission: Emission): Assembler {
  const assembler = new Assembler(kernelParameters.count);
  const row = assembler.local();
  const column = assembler.local();
  const square = new Square(assembler);
  for (const [index, destination] of emission.plan.transposed) {
    const { rows, columns } = valueAt(emission.graph, index);
    const source = emission.plan.bases.get(index)!;
    const step = rows % 4 === 0 && columns % 4 === 0 ? 4 : 1;
    const from = (): Assembler => at(assembler, { row, column }, columns);
    const to = (): Assembler => at(assembler, { row: column, column: row }, rows);
    assembler.repeat(row, { from: 0, to: rows, step }, () => {
      assembler.repeat(column, { from: 0, to: columns, step }, () => {
        if (step === 1) {
          to();
          from().loadFloat(source).storeFloat(destination);
          return;
        }
        square.load((line) => from().load(source + line * columns * 4));
        for (let line = 0; line < 4; line++) {
          to();
          square.pushColumn(line).store(destination + line * rows * 4);
        }
      });
    });
  }
  return assembler;
}

/** Pushes the byte offset of an element of a matrix of f32. */
function at(code: Assembler, position: { readonly row: number; readonly column: number }, columns: number): Assembler {
  code.get(position.row).integer(columns).emit('i32.mul').get(position.column).emit('i32.add');
  return code.integer(2).emit('i32.shl');
}
