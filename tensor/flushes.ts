// Which values are known to be flushed: zero, or at least 2^exponent in magnitude.

import { floatOf } from './float-bits.js';
import type { Operation } from './program.js';

/** True where every element of the value is +0, −0 or at least 2^exponent in magnitude (or NaN). */
export function isKnownFlushed(operations: readonly Operation[], id: number, exponent: number): boolean {
  const operation = operations[id];
  if (operation === undefined) return false;
  const known = (operand: number): boolean => operand < id && isKnownFlushed(operations, operand, exponent);
  switch (operation.op) {
    case 'flush':
      return operation.exponent >= exponent;
    case 'constant':
      return isLarge(operation.bits, exponent);
    case 'table':
      return operation.bits.every((bits) => isLarge(bits, exponent));
    case 'iota':
    case 'uniform':
    case 'less':
    case 'lessOrEqual':
    case 'equal':
      return true;
    case 'scan':
      return exponent <= -51;
    case 'delay':
      // The builder flushes what a delay carries before it is set.
      return true;
    case 'select':
      return known(operation.of[1]) && known(operation.of[2]);
    case 'negate':
    case 'absolute':
    case 'expand':
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'reshape':
    case 'transpose':
    case 'shift':
    case 'max':
    case 'minimum':
    case 'maximum':
      return operation.of.every(known);
    default:
      return false;
  }
}

function isLarge(bits: number, exponent: number): boolean {
  const x = Math.abs(floatOf(bits));
  return x === 0 || !(x < 2 ** exponent);
}
