// TensorFlow.js on its WebAssembly backend: SIMD, one thread (it has no more in Node.js).

import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths, version_wasm as version } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import path from 'node:path';
import { giveAnswer, readTask } from '../child-process.js';
import type { AttentionWorkload, RecurrentWorkload } from '../workloads.js';
import { registerGradients } from './tensorflow-gradients.js';
import { timeForms, uniformNumbers, type PeerAnswer, type PeerTask } from './peer.js';

type Loss = () => tf.Scalar;

const given = (rows: number, columns: number): tf.Tensor2D => tf.tensor2d(uniformNumbers(rows * columns, 1), [rows, columns]);

function weight(rows: number, columns: number): tf.Variable<tf.Rank.R2> {
  return tf.variable(tf.tensor2d(uniformNumbers(rows * columns, Math.sqrt(3 / rows)), [rows, columns]));
}

const halfSquares = (difference: tf.Tensor, batchSize: number): tf.Scalar =>
  tf.mul(tf.sum(tf.square(difference)), 0.5 / batchSize);

/** A step of Adam; that nothing is given back spares a copy. */
function stepOf(loss: Loss): () => void {
  const optimizer = tf.train.adam(1e-4);
  return () => {
    optimizer.minimize(loss, false);
  };
}

/** h_t = λ h_{t−1} + u_t for u [T, B, n]: h at every token, or at the last one. */
type Recurrence = (u: tf.Tensor3D, lambda: tf.Tensor1D, all: boolean) => tf.Tensor;

/** Token by token. */
const loopOverTime: Recurrence = (u, lambda, all) => {
  const [first, ...rest] = tf.unstack(u, 0);
  const hidden = [first!];
  for (const input of rest) hidden.push(tf.add(tf.mul(lambda, hidden.at(-1)!), input));
  return all ? tf.stack(hidden, 0) : hidden.at(-1)!;
};

/** By powers of λ: a weighted sum for the last token, a cumulative sum for all of them. */
const powersOfDecay: Recurrence = (u, lambda, all) => {
  const [tokenCount, , hidden] = u.shape;
  const index = tf.reshape(tf.range(0, tokenCount), [tokenCount, 1]);
  const exponents = all ? index : tf.sub(tokenCount - 1, index);
  const powers = tf.reshape(tf.pow(tf.reshape(lambda, [1, hidden]), exponents), [tokenCount, 1, hidden]);
  return all ? tf.mul(tf.cumsum(tf.div(u, powers), 0), powers) : tf.sum(tf.mul(u, powers), 0);
};

function prepareRecurrent(workload: RecurrentWorkload, recurrence: Recurrence): () => void {
  const { hidden, inputDimension, outputDimension, tokenCount, batchSize } = workload;
  const all = workload.positions === 'all';
  const outputRows = (all ? tokenCount : 1) * batchSize;
  const x = given(tokenCount * batchSize, inputDimension);
  const target = given(outputRows, outputDimension);
  const [gate, input] = [weight(inputDimension, hidden), weight(inputDimension, hidden)];
  const [left, right, readout] = [weight(hidden, hidden), weight(hidden, hidden), weight(hidden, outputDimension)];
  const lambda = tf.variable(tf.tensor1d(uniformNumbers(hidden, 0.05).map((value) => value + 0.95)));
  return stepOf(() => {
    const u = tf.reshape(tf.mul(tf.matMul(x, gate), tf.matMul(x, input)), [tokenCount, batchSize, hidden]);
    const h: tf.Tensor2D = tf.reshape(recurrence(u as tf.Tensor3D, lambda, all), [outputRows, hidden]);
    const y = tf.matMul(tf.mul(tf.matMul(h, left), tf.matMul(h, right)), readout);
    return halfSquares(tf.sub(y, target), batchSize);
  });
}

function prepareAttention(workload: AttentionWorkload): () => void {
  const { inputDimension: size, outputDimension, tokenCount, batchSize } = workload;
  const x = given(batchSize * tokenCount, size);
  const target = given(batchSize * tokenCount, outputDimension);
  const [query, key, value, readout] = [
    weight(size, size),
    weight(size, size),
    weight(size, size),
    weight(size, outputDimension),
  ];
  const past = tf.expandDims(tf.linalg.bandPart(tf.ones([tokenCount, tokenCount]), -1, 0), 0);
  const future = tf.mul(tf.sub(past, 1), 1e30);
  return stepOf(() => {
    const project = (weights: tf.Tensor2D): tf.Tensor => tf.reshape(tf.matMul(x, weights), [batchSize, tokenCount, size]);
    const scores = tf.matMul(project(query), project(key), false, true);
    const shares =
      workload.model === 'softmax-attention'
        ? tf.softmax(tf.add(tf.mul(scores, 1 / Math.sqrt(size)), future))
        : tf.mul(scores, past);
    const mixed: tf.Tensor2D = tf.reshape(tf.matMul(shares, project(value)), [batchSize * tokenCount, size]);
    return halfSquares(tf.sub(tf.matMul(mixed, readout), target), batchSize);
  });
}

async function measure({ workload, milliseconds }: PeerTask): Promise<PeerAnswer> {
  await registerGradients();
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(main)}/`);
  await tf.setBackend('wasm');
  await tf.ready();
  const forms =
    workload.type === 'attention'
      ? [{ name: 'masked matmuls', prepare: () => prepareAttention(workload) }]
      : [
          { name: 'loop over time', prepare: () => prepareRecurrent(workload, loopOverTime) },
          { name: 'powers of the decay', prepare: () => prepareRecurrent(workload, powersOfDecay) },
        ];
  return { version, ...(await timeForms(forms, milliseconds)) };
}

giveAnswer(await measure(readTask() as PeerTask));
