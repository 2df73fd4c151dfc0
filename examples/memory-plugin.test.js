// @ts-check
// How a plugin is tried before it is trained: its gradients beside finite differences, its bits on two backends, what it draws, what it learns.
//
//   node --test examples/memory-plugin.test.js

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { wasmBackend } from 'starling/backends';
import { buildPlan, evaluateSerially, parseRunConfig, registryOf, taskOf, trainSerially } from 'starling/learning';
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
