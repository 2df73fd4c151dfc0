// jax-js: jit to its WebAssembly backend, one thread in Node.js.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as Jax from '@jax-js/jax';
import { giveAnswer, readTask } from '../child-process.js';
import type { AttentionWorkload, RecurrentWorkload } from '../workloads.js';
import { timeForms, uniformNumbers, type PeerAnswer, type PeerTask } from './peer.js';

// It asks the browser how many cores there are, also where there is no browser.
Object.assign(globalThis, { navigator: { hardwareConcurrency: 1, ...(globalThis as { navigator?: object }).navigator } });
const { defaultDevice, init, jit, numpy: np, valueAndGrad } = await import('@jax-js/jax');

type Array = Jax.numpy.Array;
/** Loss of parameters and data. Every array is consumed by its last use; `ref` keeps it for another one. */
type Loss = (parameters: readonly Array[], data: readonly Array[]) => Array;

function given(shape: readonly number[], bound = 1, center = 0): Array {
  const numbers = uniformNumbers(
    shape.reduce((product, size) => product * size, 1),
    bound,
  ).map((value) => value + center);
  return np.array(numbers).reshape([...shape]);
}

const weight = (rows: number, columns: number): Array => given([rows, columns], Math.sqrt(3 / rows));

const halfSquares = (difference: Array, batchSize: number): Array =>
  np
    .square(difference)
    .sum()
    .mul(0.5 / batchSize);

const adam = jit((parameter: Array, gradient: Array, mean: Array, meanSquare: Array) => {
  const nextMean = mean.mul(0.9).add(gradient.ref.mul(0.1));
  const nextSquare = meanSquare.mul(0.999).add(gradient.ref.mul(gradient).mul(0.001));
  const change = nextMean.ref.div(np.sqrt(nextSquare.ref).add(1e-8)).mul(1e-4);
  return [parameter.sub(change), nextMean, nextSquare];
});

function stepOf(initial: readonly Array[], data: readonly Array[], loss: Loss): () => Promise<void> {
  const count = initial.length;
  const gradientsOf = jit((...all: Array[]) => {
    const differentiated = valueAndGrad((...values: Array[]) => loss(values.slice(0, count), values.slice(count)), {
      argnums: initial.map((_, index) => index),
    });
    return differentiated(...all);
  });
  let states = initial.map((parameter) => [parameter, np.zeros(parameter.shape), np.zeros(parameter.shape)] as const);
  return async () => {
    const [value, gradients] = gradientsOf(...states.map(([parameter]) => parameter.ref), ...data.map(({ ref }) => ref)) as [
      Array,
      Array[],
    ];
    states = states.map(
      ([parameter, mean, meanSquare], index) =>
        adam(parameter, gradients[index]!, mean, meanSquare) as unknown as readonly [Array, Array, Array],
    );
    // Computing is lazy: a step is done when its parameters are there.
    await Promise.all([value.data(), ...states.map(([parameter]) => parameter.ref.data())]);
  };
}

/** h_t = λ h_{t−1} + u_t for u [T, B, n]: rows of h at every token, or at the last one. */
type Recurrence = (u: Array, lambda: Array, workload: RecurrentWorkload) => Array;

/** Token by token. */
const loopOverTime: Recurrence = (u, lambda, { tokenCount, batchSize, hidden, positions }) => {
  const inputs = Array.from({ length: tokenCount }, (_, token) => u.ref.slice(token));
  u.dispose();
  let state = inputs[0]!;
  const states = [state.ref];
  for (const input of inputs.slice(1)) {
    state = state.mul(lambda.ref).add(input);
    states.push(state.ref);
  }
  lambda.dispose();
  if (positions === 'last') {
    for (const unused of states) unused.dispose();
    return state;
  }
  state.dispose();
  return np.stack(states, 0).reshape([tokenCount * batchSize, hidden]);
};

/** A sum weighted by powers of λ, for the last token alone. */
const powersOfDecay: Recurrence = (u, lambda, { tokenCount, hidden }) => {
  const exponents = np
    .arange(tokenCount)
    .astype(np.float32)
    .mul(-1)
    .add(tokenCount - 1)
    .reshape([tokenCount, 1]);
  const powers = np.exp(np.log(lambda).reshape([1, hidden]).mul(exponents)).reshape([tokenCount, 1, hidden]);
  return u.mul(powers).sum(0);
};

function prepareRecurrent(workload: RecurrentWorkload, recurrence: Recurrence): () => Promise<void> {
  const { hidden, inputDimension, outputDimension, tokenCount, batchSize } = workload;
  const outputRows = (workload.positions === 'all' ? tokenCount : 1) * batchSize;
  const parameters = [
    ...[weight(inputDimension, hidden), weight(inputDimension, hidden), given([hidden], 0.05, 0.95)],
    ...[weight(hidden, hidden), weight(hidden, hidden), weight(hidden, outputDimension)],
  ];
  const data = [given([tokenCount * batchSize, inputDimension]), given([outputRows, outputDimension])];
  return stepOf(parameters, data, ([gate, input, lambda, left, right, readout], [x, target]) => {
    const gated = np.matmul(x!.ref, gate!).mul(np.matmul(x!, input!)).reshape([tokenCount, batchSize, hidden]);
    const h = recurrence(gated, lambda!, workload);
    const y = np.matmul(np.matmul(h.ref, left!).mul(np.matmul(h, right!)), readout!);
    return halfSquares(y.sub(target!), batchSize);
  });
}

function prepareAttention(workload: AttentionWorkload): () => Promise<void> {
  const { inputDimension: size, outputDimension, tokenCount, batchSize } = workload;
  const isSoftmax = workload.model === 'softmax-attention';
  const rows = batchSize * tokenCount;
  const parameters = [weight(size, size), weight(size, size), weight(size, size), weight(size, outputDimension)];
  const [past, future] = isSoftmax ? [0, -1e30] : [1, 0];
  const mask = Float32Array.from({ length: tokenCount * tokenCount }, (_, index) =>
    index % tokenCount <= Math.floor(index / tokenCount) ? past : future,
  );
  const data = [given([rows, size]), given([rows, outputDimension]), np.array(mask).reshape([1, tokenCount, tokenCount])];
  return stepOf(parameters, data, ([query, key, value, readout], [x, target, visible]) => {
    const project = (weights: Array): Array => np.matmul(x!.ref, weights).reshape([batchSize, tokenCount, size]);
    const [queries, keys, values] = [project(query!), project(key!), project(value!)];
    x!.dispose();
    const scores = np.matmul(queries, keys.transpose([0, 2, 1]));
    const shares = isSoftmax ? softmax(scores.mul(1 / Math.sqrt(size)).add(visible!)) : scores.mul(visible!);
    const y = np.matmul(np.matmul(shares, values).reshape([rows, size]), readout!);
    return halfSquares(y.sub(target!), batchSize);
  });
}

/** Without subtracting the maximum: scores are small here, and that makes it faster. */
function softmax(scores: Array): Array {
  const exponentials = np.exp(scores);
  return exponentials.ref.div(exponentials.sum(-1, { keepdims: true }));
}

function installedVersion(): string {
  const main = createRequire(import.meta.url).resolve('@jax-js/jax');
  const text = readFileSync(path.join(path.dirname(main), '../package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

async function measure({ workload, milliseconds }: PeerTask): Promise<PeerAnswer> {
  await init('wasm');
  defaultDevice('wasm');
  const loop = (recurrent: RecurrentWorkload) => ({
    name: 'loop over time',
    prepare: () => prepareRecurrent(recurrent, loopOverTime),
  });
  const powers = (recurrent: RecurrentWorkload) => ({
    name: 'powers of the decay',
    prepare: () => prepareRecurrent(recurrent, powersOfDecay),
  });
  const forms =
    workload.type === 'attention'
      ? [{ name: 'masked matmuls', prepare: () => prepareAttention(workload) }]
      : workload.positions === 'all'
        ? [loop(workload)]
        : [loop(workload), powers(workload)];
  return { version: installedVersion(), ...(await timeForms(forms, milliseconds)) };
}

giveAnswer(await measure(readTask() as PeerTask));
