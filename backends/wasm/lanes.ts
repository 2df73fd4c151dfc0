// The portable functions' arithmetic as SIMD instructions: a lane `V` is the index of a v128 local.

import type { LaneArithmetic } from '../../tensor/index.js';
import type { Assembler } from './assembler.js';
import type { Instruction } from './opcodes.js';

/** Locals that hold intermediate vectors; `release` lets the next element use them again. */
export class VectorLocals {
  readonly #assembler: Assembler;
  readonly #locals: number[] = [];
  #used = 0;

  constructor(assembler: Assembler) {
    this.#assembler = assembler;
  }

  next(): number {
    const known = this.#locals[this.#used++];
    if (known !== undefined) return known;
    const local = this.#assembler.local('v128');
    this.#locals.push(local);
    return local;
  }

  release(): void {
    this.#used = 0;
  }
}

/** Emits one instruction per operation, four lanes at a time. */
export function simdArithmetic(assembler: Assembler, locals: VectorLocals): LaneArithmetic<number> {
  /** Operands of the comparison that a mask came from. */
  const comparisons = new Map<number, readonly [number, number]>();
  const result = (): number => {
    const local = locals.next();
    comparisons.delete(local);
    assembler.set(local);
    return local;
  };
  const binary =
    (instruction: Instruction) =>
    (a: number, b: number): number => {
      assembler.get(a).get(b).emit(instruction);
      return result();
    };
  const shift =
    (instruction: Instruction) =>
    (a: number, count: number): number => {
      assembler.get(a).integer(count).emit(instruction);
      return result();
    };
  const less = binary('f32x4.lt');
  return {
    bits: (pattern) => {
      assembler.splatBits(pattern);
      return result();
    },
    add: binary('f32x4.add'),
    subtract: binary('f32x4.sub'),
    multiply: binary('f32x4.mul'),
    divide: binary('f32x4.div'),
    squareRoot: (a) => {
      assembler.get(a).emit('f32x4.sqrt');
      return result();
    },
    less: (a, b) => {
      const mask = less(a, b);
      comparisons.set(mask, [a, b]);
      return mask;
    },
    lessOrEqual: binary('f32x4.le'),
    equal: binary('f32x4.eq'),
    integerLess: binary('i32x4.lt_s'),
    integerAdd: binary('i32x4.add'),
    integerSubtract: binary('i32x4.sub'),
    and: binary('v128.and'),
    or: binary('v128.or'),
    xor: binary('v128.xor'),
    shiftLeft: shift('i32x4.shl'),
    shiftRightLogical: shift('i32x4.shr_u'),
    shiftRightArithmetic: shift('i32x4.shr_s'),
    select: (mask, a, b) => {
      const [x, y] = comparisons.get(mask) ?? [];
      // x < y ? x : y and x < y ? y : x are single instructions; the comparison is then dead.
      if (a === x && b === y) assembler.get(b).get(a).emit('f32x4.pmin');
      else if (a === y && b === x) assembler.get(b).get(a).emit('f32x4.pmax');
      else assembler.get(a).get(b).get(mask).emit('v128.bitselect');
      return result();
    },
  };
}
