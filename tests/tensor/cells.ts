// Recurrent cells as regions, for tests and conformance vectors.

import type { ProgramBuilder, Value } from '../../tensor/index.js';

/** The shapes of an LSTM cell's parameters for K inputs and n units. */
export const lstmShapes = (inputCount: number, unitCount: number) =>
  ({ w: [4 * unitCount, inputCount], r: [4 * unitCount, unitCount], bias: [1, 4 * unitCount] }) as const;

/** h = o ⊙ tanh(c), c = f ⊙ c₋₁ + i ⊙ g.  x: [T, K]  h: [T, n] */
export function lstm(b: ProgramBuilder, x: Value, [w, r, bias]: readonly Value[]): Value {
  const unitCount = r!.columns;
  const drive = b.matmul(x, w!);
  return b.region(({ prev, set }) => {
    const [h, c] = [prev(x.rows, unitCount), prev(x.rows, unitCount)];
    const gates = b.add(b.add(drive, b.matmul(h, r!)), bias!);
    const gate = (index: number): Value => b.slice(gates, { column: index * unitCount, columns: unitCount });
    const cell = b.add(b.multiply(b.sigmoid(gate(1)), c), b.multiply(b.sigmoid(gate(0)), b.tanh(gate(2))));
    const state = b.multiply(b.sigmoid(gate(3)), b.tanh(cell));
    set(h, state);
    set(c, cell);
    return state;
  });
}

/** h = (1 − z) ⊙ h₋₁ + z ⊙ tanh(x + R (q ⊙ h₋₁)), z and q from x and h₋₁.  x: [T, n] */
export function gru(b: ProgramBuilder, x: Value, [update, reset, r]: readonly Value[]): Value {
  return b.region(({ prev, set }) => {
    const h = prev(x.rows, x.columns);
    const z = b.sigmoid(b.add(x, b.matmul(h, update!)));
    const q = b.sigmoid(b.subtract(b.matmul(h, reset!), x));
    const candidate = b.tanh(b.add(x, b.matmul(b.multiply(q, h), r!)));
    const next = b.add(b.multiply(b.subtract(1, z), h), b.multiply(z, candidate));
    set(h, next);
    return next;
  });
}

/** h = tanh(x + R h₋₁).  x: [T, n] */
export function denseRecurrence(b: ProgramBuilder, x: Value, r: Value, reverse = false): Value {
  return b.region(({ prev, set }) => {
    const h = prev(x.rows, x.columns);
    const next = b.tanh(b.add(x, b.matmul(h, r)));
    set(h, next);
    return next;
  }, reverse);
}
