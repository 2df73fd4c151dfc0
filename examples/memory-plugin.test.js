// @ts-check
// How a plugin is tried before it is trained: its outputs beside its equation, its gradients beside finite differences, its bits on two backends, what it draws, what it learns.
//
//   node --test examples/memory-plugin.test.js

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { wasmBackend } from 'starling/backends';
import {
  buildPlan,
  evaluateSerially,
  flatLength,
  modelOf,
  namedViews,
  parseRunConfig,
  registryOf,
  taskOf,
  trainSerially,
} from 'starling/learning';
import { interpreter, keyFromSeed, ProgramBuilder } from 'starling/tensor';
import { plugin } from './memory-plugin.js';

const registry = registryOf([{ file: 'memory-plugin.js', sha256: '', exports: { plugin } }]);

/** A small run; it may differ in some fields. @param {object} changes */
function configurationOf(changes = {}) {
  const task = { name: 'memory/delayed-copy', symbols: 2, vocabulary: 3, delay: 1 };
  const small = { name: 'try', task, model: { name: 'memory/minimal-gated-unit', hidden: 5 }, evaluation: { sequences: 64 } };
  return parseRunConfig({ ...small, ...changes }, registry.schema);
}

/** @param {object} changes */
const planOf = (changes) => buildPlan(configurationOf(changes), registry);

test('outputs are those of the equation, written once more in double precision', () => {
  const model = modelOf(registry, configurationOf({ model: { name: 'memory/minimal-gated-unit', hidden: 3 } }).model);
  const specifications = model.parameters({ inputDimension: 2, outputDimension: 2 });
  const numbers = Float32Array.from({ length: flatLength(specifications) }, (_, index) => Math.sin(7 * index + 1));
  const tokens = [0, 1, 2, 3].map((t) => [Math.fround(Math.cos(3 * t)), Math.fround(Math.cos(5 * t + 1))]);

  const builder = new ProgramBuilder();
  const inputs = new Map(specifications.map(({ name, rows, columns }) => [name, builder.input(name, rows, columns)]));
  const parameter = (/** @type {string} */ name) => inputs.get(name) ?? assert.fail(name);
  const shown = builder.expand(builder.table(4, 2, tokens.flat()), 4, 2);
  const outputs = model.apply({ builder, parameter, tokens: shown, positions: 'all', outputDimension: 2 });
  builder.output('outputs', builder.batchSum(outputs, true));
  const executable = interpreter.compile(builder.build());
  const sums = new Float32Array(executable.outputLength);
  executable.load(numbers);
  executable.run({ key: [0, 0], firstSequence: 0, sequenceCount: 8 }, sums);

  // Eight equal sequences were summed.
  const wanted = outputsOfEquation(namedViews(specifications, numbers), tokens);
  wanted.flat().forEach((y, index) => assert.ok(Math.abs((sums[index] ?? NaN) / 8 - y) < 1e-6, `output ${index}`));
});

/** f = σ(W_f x + U_f h + b_f), c = tanh(W_c x + U_c (f ⊙ h) + b_c), h ← (1 − f) ⊙ h + f ⊙ c, y = D h. @param {ReadonlyMap<string, Float32Array>} values @param {number[][]} tokens */
function outputsOfEquation(values, tokens) {
  const of = (/** @type {string} */ name) => values.get(`layer0.${name}`) ?? assert.fail(name);
  /** @param {string} name @param {number[]} vector */
  const times = (name, vector) => {
    const matrix = of(name);
    const row = (/** @type {number} */ i) => vector.reduce((sum, x, j) => sum + x * (matrix[i * vector.length + j] ?? NaN), 0);
    return Array.from({ length: matrix.length / vector.length }, (_, i) => row(i));
  };
  /** @param {string} gate @param {number[]} x @param {number[]} h */
  const before = (gate, x, h) => {
    const remembered = times(`${gate}.h`, h);
    return times(`${gate}.x`, x).map((y, i) => y + (remembered[i] ?? NaN) + (of(`${gate}.bias`)[i] ?? NaN));
  };
  let h = [0, 0, 0];
  return tokens.map((x) => {
    const f = before('forget', x, h).map((y) => 1 / (1 + Math.exp(-y)));
    const kept = h.map((y, i) => (f[i] ?? NaN) * y);
    const c = before('candidate', x, kept).map(Math.tanh);
    h = h.map((y, i) => (1 - (f[i] ?? NaN)) * y + (f[i] ?? NaN) * (c[i] ?? NaN));
    return times('readout', h);
  });
}

test('gradients equal finite differences of the loss', () => {
  const plan = planOf({ model: { name: 'memory/minimal-gated-unit', hidden: 3, layers: 2, embedding: 4 } });
  const executable = interpreter.compile(plan.trainProgram);
  // Not where training begins: there biases are zero, and a mistake in them might not show.
  const at = plan.parameters.initial.map((x, index) => x + 0.3 * Math.sin(7 * index));
  /** @param {Float32Array<ArrayBuffer>} parameters */
  const sumsAt = (parameters) => {
    const sums = new Float32Array(executable.outputLength);
    executable.load(parameters);
    executable.run({ key: [1, 2], firstSequence: 0, sequenceCount: 8 }, sums);
    return { gradient: sums.slice(0, at.length), loss: sums[at.length] ?? NaN };
  };
  const { gradient } = sumsAt(at);
  const differences = at.map((x, index) => {
    const [above, below] = [Math.fround(x + 0.01), Math.fround(x - 0.01)];
    return (sumsAt(at.with(index, above)).loss - sumsAt(at.with(index, below)).loss) / (above - below);
  });
  const largest = Math.max(...differences.map(Math.abs));
  assert.ok(largest > 0.1);
  differences.forEach((wanted, index) => {
    const found = gradient[index] ?? NaN;
    assert.ok(Math.abs(found - wanted) < 0.01 * largest, `element ${index}: ${found} found, ${wanted} wanted`);
  });
});

test('the interpreter, which defines the bits, and WebAssembly train to the same parameters', () => {
  /** @param {Uint8Array} bytes */
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const plan = planOf({ training: { steps: 3, microbatches: 2, microbatchSize: 16 } });
  const [defined, compiled] = [interpreter, wasmBackend].map((backend) =>
    [...trainSerially(plan, backend, sha256)].map(({ parametersSha256 }) => parametersSha256),
  );
  assert.equal(defined?.length, 3);
  assert.deepEqual(compiled, defined);
});

test('the task shows symbols, a blank and marks, and asks for the symbols at the marks', () => {
  const builder = new ProgramBuilder();
  const sample = taskOf(registry, configurationOf().task).sample(builder, 'train');
  for (const [name, value] of Object.entries(sample)) builder.output(name, builder.batchSum(value, true));
  const executable = interpreter.compile(builder.build());
  // One-hot rows, summed over eight sequences: how often each class is there.
  const sums = new Float32Array(executable.outputLength);
  executable.load(new Float32Array(0));
  executable.run({ key: keyFromSeed(4), firstSequence: 0, sequenceCount: 8 }, sums);
  const [first, second, blank, ...marks] = rowsOf(sums.subarray(0, 25), 5);
  const asked = rowsOf(sums.subarray(25, 40), 3);
  assert.deepEqual(
    [blank, ...marks],
    [
      [0, 0, 0, 8, 0],
      [0, 0, 0, 0, 8],
      [0, 0, 0, 0, 8],
    ],
  );
  assert.deepEqual(asked, [[0, 0, 0], [0, 0, 0], [0, 0, 0], first?.slice(0, 3), second?.slice(0, 3)]);
  assert.deepEqual([...sums.subarray(40)], [0, 0, 0, 8, 8]);
});

/** @param {Float32Array} sums @param {number} columns */
function rowsOf(sums, columns) {
  return Array.from({ length: sums.length / columns }, (_, row) => [...sums.subarray(row * columns, (row + 1) * columns)]);
}

test('the model learns the task', () => {
  const plan = planOf({
    model: { name: 'memory/minimal-gated-unit', hidden: 24 },
    optimizer: { name: 'adamw', learningRate: 0.01, weightDecay: 0 },
    training: { steps: 150, microbatches: 1, microbatchSize: 64 },
  });
  const steps = [...trainSerially(plan, wasmBackend, () => '')];
  const { state } = steps.at(-1) ?? assert.fail('no step');
  const before = evaluateSerially(plan, wasmBackend, plan.parameters.initial);
  const { accuracy, testLoss } = evaluateSerially(plan, wasmBackend, state.parameters);
  assert.ok(testLoss < before.testLoss / 10 && accuracy !== null && accuracy > 0.95, `loss ${testLoss}, accuracy ${accuracy}`);
});
