// A whole program for the proof of class: data drawn by chance, a gated recurrence, a dense one, softmax attention, a loss and the
// gradient with respect to every parameter, in the form of a train program.

import { ProgramBuilder, type Program, type Value } from '../tensor/index.js';

const steps = 9;
const inputs = 4;
const hidden = 6;

/** The fixed program of the proof. */
export function proofProgram(): Program {
  const b = new ProgramBuilder();
  const names = ['nu', 'gate', 'input', 'recurrent', 'query', 'readout'] as const;
  const shapes = { nu: [1, hidden], gate: [hidden, inputs], input: [hidden, inputs] } as const;
  const square = [hidden, hidden] as const;
  const allShapes = { ...shapes, recurrent: square, query: square, readout: [2, hidden] as const };
  const parameters = names.map((name) => b.input(name, allShapes[name][0], allShapes[name][1]));
  const [nu, gate, input, recurrent, query, readout] = parameters as unknown as readonly [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const z = b.normal(steps, inputs);
  // h[t] = λ ⊙ h[t−1] + (W_gate z[t]) ⊙ (W_input z[t]), λ = exp(−exp ν)
  const decay = b.exp(b.negate(b.exp(nu)));
  const gated = b.scan(decay, b.multiply(b.matmul(z, gate), b.matmul(z, input)));
  const dense = denseRecurrence(b, gated, recurrent);
  const mixed = b.product(softmax(b, b.product(b.matmul(dense, query), dense, 'nt')), dense, 'nn');
  const last = b.matmul(b.row(mixed, steps - 1), readout);
  const error = b.subtract(last, b.slice(z, { row: steps - 1, rows: 1, columns: 2 }));
  const loss = b.multiply(b.sum(b.square(error), 'columns'), 0.5);
  const gradients = b.gradients(loss, parameters);
  names.forEach((name, index) => {
    const gradient = gradients[index];
    if (gradient !== undefined) b.output(`gradient/${name}`, gradient);
  });
  b.output('loss', b.batchSum(loss));
  return b.build();
}

/** s[t] = tanh(x[t] + W s[t−1]). */
function denseRecurrence(b: ProgramBuilder, x: Value, weights: Value): Value {
  const small = b.multiply(weights, 0.25);
  return b.region((scope) => {
    const state = scope.prev(steps, hidden);
    const next = b.tanh(b.add(x, b.matmul(state, small)));
    scope.set(state, next);
    return next;
  });
}

function softmax(b: ProgramBuilder, scores: Value): Value {
  const weights = b.exp(b.subtract(scores, b.stopGradient(b.max(scores))));
  return b.divide(weights, b.sum(weights, 'columns'));
}
