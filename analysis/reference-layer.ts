// The exact construction of a task's solution as a layer of Eq. 2 (learning/construction.ts): what a trained layer is held against.

import { Matrix as Dense, SingularValueDecomposition } from 'ml-matrix';
import {
  bindModel,
  constructCompact,
  constructPlain,
  constructRegression,
  flatten,
  modelSchema,
  type AttentionLayer,
  type Construction,
  type Matrix,
  type ModelShape,
} from '../learning/index.js';
import { gatedLayerOf, type GatedLayer } from './gated-layer.js';

/** W_V with a larger ratio of singular values has no inverse worth the name. */
const largestCondition = 1e4;

/** The layer that computes an attention teacher: the compact construction, or the plain one where W_V cannot be inverted. */
export function teacherLayer(teacher: AttentionLayer): GatedLayer {
  const [inputDimension, outputDimension] = [teacher.value[0]?.length ?? 0, teacher.value.length];
  const { condition } = new SingularValueDecomposition(new Dense(teacher.value.map((row) => [...row])));
  const isInvertible = inputDimension === outputDimension && condition < largestCondition;
  const construction = isInvertible ? constructCompact(teacher) : constructPlain(teacher);
  return layerOfConstruction(construction, { inputDimension, outputDimension });
}

/** The layer that takes the step ŷ = Σ_t y_t x_tᵀ Γ x_q; Γ = `preconditioner` [d_x, d_x] is in the neurons that hold the query. */
export function stepLayer(outputDimension: number, preconditioner: Matrix): GatedLayer {
  const inputDimension = preconditioner.length;
  const scale = Math.max(...preconditioner.flat().map(Math.abs));
  const construction = constructRegression({ inputDimension, outputDimension, learningRate: scale });
  const layer = layerOfConstruction(construction, { inputDimension: inputDimension + outputDimension, outputDimension });
  const memoryCount = inputDimension * outputDimension;
  const m = layer.inputGate.m.map((row, neuron) => {
    const of = neuron - memoryCount;
    return of < 0 ? row : row.map((_, column) => (preconditioner[of]?.[column] ?? 0) / scale);
  });
  return { ...layer, inputGate: { ...layer.inputGate, m } };
}

function layerOfConstruction({ hidden, outputNeurons, values }: Construction, shape: ModelShape): GatedLayer {
  const tensors = bindModel(modelSchema.parse({ name: 'gated-rnn', hidden, outputNeurons })).parameters(shape);
  return gatedLayerOf(tensors, flatten(tensors, values));
}
