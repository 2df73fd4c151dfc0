// Answers and sensitivities of single sequences: the task's own sequences, any model's own outputs.

import { Matrix as Dense, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { answerRegression, drawRegression, evaluateEach } from '../../analysis/index.js';
import { wasmBackend } from '../../backends/index.js';
import {
  builtInRegistry,
  modelOf,
  taskOf,
  type ModelOptions,
  buildPlan,
  createLearner,
  evaluateSerially,
  modelNames,
  parseRunConfig,
  streamKey,
} from '../../learning/index.js';
import { interpreter, ProgramBuilder } from '../../tensor/index.js';
import { apply, runModel, type Table } from '../learning/run-model.js';

const key = streamKey(3, 'test', 0);
const options = { name: 'in-context-regression', contextLength: 5, inputDimension: 3, outputDimension: 2 } as const;

function configOf(model: object) {
  const training = { microbatchSize: 64 };
  return parseRunConfig({ name: 'read', seed: 3, task: options, model, training, evaluation: { sequences: 64 } });
}

describe('evaluateEach', () => {
  it('gives the numbers of every sequence, in order, and the same from both backends', () => {
    const evaluate = (backend: typeof interpreter) => {
      const builder = new ProgramBuilder();
      const x = builder.normal(3, 2);
      return evaluateEach(builder, [x, builder.sum(x, 'columns')], new Float32Array(0), { backend, key, sequenceCount: 32 });
    };
    const each = evaluate(interpreter);
    expect(each).toHaveLength(32);
    expect(new Set(each.map(([x]) => x![0])).size).toBe(32);
    for (const [x, rowSums] of each) {
      rowSums!.forEach((rowSum, row) => expect(rowSum).toBeCloseTo(x![2 * row]! + x![2 * row + 1]!, 5));
    }
    expect(evaluate(wasmBackend)).toEqual(each);
  });

  it('wants whole groups', () => {
    const builder = new ProgramBuilder();
    const source = { backend: interpreter, key, sequenceCount: 20 };
    expect(() => evaluateEach(builder, [builder.uniform(1, 1)], new Float32Array(0), source)).toThrow('20 found');
  });
});

describe('drawRegression', () => {
  it('draws what the task draws: W explains every moment', () => {
    const task = taskOf(builtInRegistry, configOf({ name: 'lstm' }).task);
    for (const { gram, moments, query, target } of drawRegression(task, source())) {
      // Five examples of three inputs: moments = W gram determines W.
      const dense = (a: Table): Dense => new Dense(a.map((row) => [...row]));
      const w = solve(dense(gram), dense(moments).transpose()).transpose().to2DArray();
      apply(w, query).forEach((y, o) => expect(y).toBeCloseTo(target[o]!, 2));
    }
  });

  it('refuses tasks without a query', () => {
    const task = taskOf(
      builtInRegistry,
      parseRunConfig({ name: 'a', task: { name: 'attention-teacher' }, model: { name: 'lstm' } }).task,
    );
    expect(() => drawRegression(task, source())).toThrow('a query at the last one wanted');
  });
});

const source = () => ({ backend: wasmBackend, key, sequenceCount: 64, purpose: 'test' as const });

describe.each(modelNames)('answerRegression of %s', (name) => {
  // Weights of size 1, so that slopes are far above the rounding of f32 outputs.
  const config = configOf({ name, ...(name === 'lstm' || name === 'gru' ? {} : { initialGain: 1 }) });
  const plan = buildPlan(config);
  const learner = createLearner(taskOf(builtInRegistry, config.task), modelOf(builtInRegistry, config.model));
  const sequences = answerRegression(learner, plan.parameters.initial, source());

  it('predicts what an evaluation predicts', () => {
    const squares = sequences.flatMap(({ prediction, target }) => prediction.map((y, o) => (y - target[o]!) ** 2));
    const loss = squares.reduce((sum, x) => sum + x, 0) / (2 * squares.length);
    expect(loss).toBeCloseTo(evaluateSerially(plan, wasmBackend, plan.parameters.initial).testLoss, 5);
  });

  it("gives the slope of the model's own outputs", () => {
    const tokensOf = (shift: number, input: number): Table => {
      const rows = Array.from(tokens, (row) => [...row]);
      rows.at(-1)![input]! += shift;
      return rows;
    };
    const tokens = tokensOfSequence(2);
    const values = new Map(
      learner.parameters.map(({ name: parameter, rows, columns }, index) => {
        const begin = learner.parameters.slice(0, index).reduce((sum, p) => sum + p.rows * p.columns, 0);
        return [parameter, plan.parameters.initial.subarray(begin, begin + rows * columns)] as const;
      }),
    );
    const at = (shift: number, input: number): readonly number[] =>
      runModel({
        options: config.model as ModelOptions,
        tokens: tokensOf(shift, input),
        outputDimension: 2,
        positions: 'last',
        values,
      })[0]!;
    const { prediction, sensitivity } = sequences[2]!;
    at(0, 0).forEach((y, o) => expect(y).toBeCloseTo(prediction[o]!, 5));
    const step = 2 ** -7;
    for (let input = 0; input < 3; input += 1) {
      const [above, below] = [at(step, input), at(-step, input)];
      // f32 outputs over 2^-6 are good to about 1e-4 of the outputs' size.
      sensitivity.forEach((row, o) => {
        const wanted = (above[o]! - below[o]!) / (2 * step);
        expect(Math.abs(row[input]! - wanted)).toBeLessThan(1e-3 * Math.max(1, Math.abs(wanted)));
      });
    }
    expect(sensitivity.flat().some((slope) => Math.abs(slope) > 1e-3)).toBe(true);
  });
});

/** The tokens of a sequence of the task. */
function tokensOfSequence(index: number): Table {
  const builder = new ProgramBuilder();
  const { tokens } = taskOf(builtInRegistry, configOf({ name: 'lstm' }).task).sample(builder, 'test');
  const flat = Array.from(evaluateEach(builder, [tokens], new Float32Array(0), source())[index]![0]!);
  return Array.from({ length: 6 }, (_, row) => flat.slice(5 * row, 5 * row + 5));
}
