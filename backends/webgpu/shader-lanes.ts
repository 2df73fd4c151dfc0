// The portable functions' arithmetic as WGSL: a lane is an expression of type u32, the bits of an f32 or an integer.
//
// WGSL allows a compiler to contract a product and a sum into one rounding, and to reorder. So every rounded result goes through
// `rounded` of the shader's prelude, an exclusive or with a zero that only the uniform buffer knows: what lies behind it is no sum any more.

import type { LaneArithmetic } from '../../tensor/index.js';
import type { ArithmeticFault } from './options.js';
import type { ShaderCode, Word } from './shader-code.js';

/** 32 bits as a literal. */
export const literal = (pattern: number): Word => `0x${(pattern >>> 0).toString(16)}u`;

/** Emits a named value per operation. */
export function shaderLanes(code: ShaderCode, fault?: ArithmeticFault): LaneArithmetic<Word> {
  const products = new Map<Word, readonly [Word, Word]>();
  const rounded =
    (operator: string) =>
    (a: Word, b: Word): Word =>
      code.let(`rounded(float(${a}) ${operator} float(${b}))`);
  const compared =
    (operator: string, type: 'float' | 'bitcast<i32>') =>
    (a: Word, b: Word): Word =>
      code.let(`select(0u, 0xffffffffu, ${type}(${a}) ${operator} ${type}(${b}))`);
  const integer =
    (operator: string) =>
    (a: Word, b: Word): Word =>
      code.let(`${a} ${operator} ${b}`);
  const [sum, multiplied] = [rounded('+'), rounded('*')];
  return {
    bits: literal,
    add: (a, b) => {
      const [product, other] = products.has(b) ? [products.get(b), a] : [products.get(a), b];
      return product === undefined ? sum(a, b) : code.call('contracted', ...product, other);
    },
    subtract: rounded('-'),
    multiply: (a, b) => {
      const product = multiplied(a, b);
      if (fault === 'contraction') products.set(product, [a, b]);
      return product;
    },
    divide: (a, b) => code.call('divide', a, b),
    squareRoot: (a) => code.call('square_root', a),
    less: compared('<', 'float'),
    lessOrEqual: compared('<=', 'float'),
    equal: compared('==', 'float'),
    integerLess: compared('<', 'bitcast<i32>'),
    integerAdd: integer('+'),
    integerSubtract: integer('-'),
    and: integer('&'),
    or: integer('|'),
    xor: integer('^'),
    shiftLeft: (a, count) => code.let(`${a} << ${count}u`),
    shiftRightLogical: (a, count) => code.let(`${a} >> ${count}u`),
    shiftRightArithmetic: (a, count) => code.let(`bitcast<u32>(bitcast<i32>(${a}) >> ${count}u)`),
    select: (mask, a, b) => code.let(`select(${b}, ${a}, ${mask} != 0u)`),
  };
}
