// Whole programs: losses with their gradients, and an update.

import { updateFlushExponent, type ProgramBuilder, type Value } from '../../../tensor/index.js';
import { gru, lstm, lstmShapes } from '../../tensor/cells.js';
import { caseOf, drawn, ordinary, type ConformanceCase } from './case.js';

const [T, d, n] = [6, 3, 4];
type Shapes = readonly (readonly [number, number])[];

/** A model: from x [T, d] and parameters to predictions. */
type Model = (b: ProgramBuilder, x: Value, parameters: readonly Value[]) => Value;

/** The gradients of a squared error, its sum over the microbatch, and the number of predictions. */
function trained(name: string, shapes: Shapes, model: Model): ConformanceCase {
  return caseOf(name, {
    name: 'gradient of a squared error',
    sequenceCount: 16,
    shapes,
    inputs: shapes.map(([rows, columns], index) => ordinary(rows * columns, 30 + index)),
    build: (b, ...parameters) => {
      const y = model(b, b.normal(T, d), parameters);
      const error = b.subtract(y, drawn(b, y.rows, y.columns));
      const loss = b.sum(b.sum(b.square(error), 'columns'), 'rows');
      return [...b.gradients(loss, parameters), b.batchSum(loss), b.batchSum(b.expand(y.rows, 1, 1))];
    },
  });
}

const gatedShapes: Shapes = [
  [n, d + 1],
  [n, d + 1],
  [1, n],
  [n, n],
  [n, n],
  [2, n],
];

/** Eq. 2 of Zucchet et al. 2023, all positions or the last one. */
const gatedRnn =
  (positions: 'all' | 'last'): Model =>
  (b, x, [inputM, inputX, nu, outputM, outputX, readout]) => {
    const z = b.concatenate([x, b.expand(1, T, 1)], 'columns');
    const gated = b.multiply(b.matmul(z, inputM!), b.matmul(z, inputX!));
    const hidden = b.scan(b.exp(b.negate(b.exp(nu!))), gated);
    const read = positions === 'last' ? b.row(hidden, T - 1) : hidden;
    return b.matmul(b.multiply(b.matmul(read, outputM!), b.matmul(read, outputX!)), readout!);
  };

const attentionShapes: Shapes = [
  [n, d],
  [n, d],
  [n, d],
  [2, n],
];

const linearAttention: Model = (b, x, [query, key, value, readout]) => {
  const scores = b.product(b.matmul(x, query!), b.matmul(x, key!), 'nt', 'output');
  return b.matmul(b.product(scores, b.matmul(x, value!), 'nn', 'left'), readout!);
};

const softmaxAttention: Model = (b, x, [query, key, value, readout]) => {
  const scores = b.multiply(b.product(b.matmul(x, query!), b.matmul(x, key!), 'nt', 'output'), 0.5);
  const isSeen = b.lessOrEqual(b.iota(T, T, 'columns'), b.iota(T, T, 'rows'));
  const masked = b.select(isSeen, scores, -1e9);
  const weights = b.select(isSeen, b.exp(b.subtract(masked, b.stopGradient(b.max(masked)))), 0);
  const mixed = b.product(weights, b.matmul(x, value!), 'nn', 'left');
  return b.matmul(b.divide(mixed, b.sum(weights, 'columns')), readout!);
};

const units: Shapes = Array.from({ length: 3 }, () => [d, d] as const);

function update(): ConformanceCase {
  return caseOf('update', {
    name: 'norm, clipping and an adaptive step with weight decay',
    options: { flushExponent: updateFlushExponent },
    sequenceCount: 0,
    shapes: [
      [3, 5],
      [3, 5],
      [3, 5],
      [3, 5],
      [1, 1],
    ],
    inputs: [ordinary(15, 40), ordinary(15, 41), ordinary(15, 42), ordinary(15, 43).map((x) => x * x), [0.01]],
    build: (b, ...[parameter, gradient, m, v, rate]) => {
      const norm = b.sqrt(b.total(b.square(gradient!)));
      const clipped = b.multiply(gradient!, b.minimum(1, b.divide(1, b.maximum(norm, 1e-6))));
      const first = b.add(b.multiply(m!, 0.9), b.multiply(clipped, 0.1));
      const second = b.add(b.multiply(v!, 0.999), b.multiply(b.square(clipped), 0.001));
      const direction = b.divide(first, b.add(b.sqrt(second), 1e-8));
      const decayed = b.subtract(parameter!, b.multiply(b.multiply(parameter!, rate!), 0.1));
      return [b.subtract(decayed, b.multiply(direction, rate!)), first, second, norm];
    },
  });
}

/** All whole programs. */
export const wholeProgramCases = (): readonly ConformanceCase[] => [
  trained('gated-rnn-all', gatedShapes, gatedRnn('all')),
  trained('gated-rnn-last', gatedShapes, gatedRnn('last')),
  trained('linear-attention', attentionShapes, linearAttention),
  trained('softmax-attention', attentionShapes, softmaxAttention),
  trained('lstm', [...Object.values(lstmShapes(d, n)), [2, n]], (b, x, parameters) =>
    b.matmul(lstm(b, x, parameters.slice(0, 3)), parameters[3]!),
  ),
  trained('gated-recurrent-unit', [...units, [2, d]], (b, x, parameters) =>
    b.matmul(gru(b, x, parameters.slice(0, 3)), parameters[3]!),
  ),
  update(),
];
