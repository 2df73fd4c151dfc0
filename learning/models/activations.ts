// Activations that are composed of the contract's operations.

import type { ProgramBuilder, Value } from '../../tensor/index.js';

/** log(1 + exp x), without overflow. */
export function softplus(builder: ProgramBuilder, x: Value): Value {
  const tail = builder.log(builder.add(builder.exp(builder.negate(builder.absolute(x))), 1));
  return builder.add(builder.maximum(x, 0), tail);
}

/** x σ(x). */
export function silu(builder: ProgramBuilder, x: Value): Value {
  return builder.multiply(x, builder.sigmoid(x));
}

/** max(x, 0). */
export function relu(builder: ProgramBuilder, x: Value): Value {
  return builder.maximum(x, 0);
}
