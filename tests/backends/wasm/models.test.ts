// Whole gradient programs: models and tasks as they are trained, with every switch on and off.

import { describe, expect, test } from 'vitest';
import {
  bindOptimizer,
  buildEvaluationProgram,
  buildTrainingProgram,
  buildUpdateProgram,
  optimizerSchema,
} from '../../../learning/index.js';
import { noSequences, type Program, ProgramBuilder } from '../../../tensor/index.js';
import { learnerOf, models, regression, teacher } from '../models.js';
import { differenceOf, fusionChoices } from './same-bits.js';

const choices = Object.keys(fusionChoices);

/** A dense recurrence h_t = tanh(U h_{t−1} + W x_t), whose loss is on every step or on the last. */
function denseRecurrence(steps: number, hidden: number, positions: 'all' | 'last'): Program {
  const builder = new ProgramBuilder();
  const x = builder.normal(steps, 3);
  const inputs = [builder.input('W', hidden, 3), builder.input('U', hidden, hidden), builder.input('D', 2, hidden)] as const;
  const driven = builder.matmul(x, inputs[0]);
  const h = builder.region((scope) => {
    const previous = scope.prev(steps, hidden);
    const next = builder.tanh(builder.add(driven, builder.matmul(previous, inputs[1])));
    scope.set(previous, next);
    return next;
  });
  const y = builder.matmul(positions === 'all' ? h : builder.row(h, steps - 1), inputs[2]);
  const loss = builder.sum(builder.sum(builder.square(builder.subtract(y, 0.25)), 'columns'), 'rows');
  builder.gradients(loss, inputs).forEach((gradient, index) => builder.output(`gradient/${index}`, gradient));
  builder.output('loss', builder.batchSum(loss));
  return builder.build();
}

describe("gradient programs have the interpreter's bits", () => {
  for (const [name, model] of Object.entries(models)) {
    test(`${name} on in-context regression`, () => {
      const program = buildTrainingProgram(learnerOf(regression, model));
      expect(differenceOf(program, { key: [1, 2], firstSequence: 24, sequenceCount: 16 }, choices)).toBeUndefined();
    });
    test(`${name} on the attention teacher`, () => {
      const program = buildTrainingProgram(learnerOf(teacher, model));
      expect(differenceOf(program, { key: [9, 4], firstSequence: 8, sequenceCount: 8 })).toBeUndefined();
    });
    test(`evaluation of ${name}`, () => {
      const program = buildEvaluationProgram(learnerOf(regression, model));
      expect(differenceOf(program, { key: [5, 6], firstSequence: 0, sequenceCount: 24 })).toBeUndefined();
    });
  }

  test.each([8, 64, 72])('gated RNN with a microbatch of %i', (sequenceCount) => {
    const program = buildTrainingProgram(learnerOf(regression, { name: 'gated-rnn', hidden: 8 }));
    expect(differenceOf(program, { key: [1, 2], firstSequence: 4096, sequenceCount }, ['none', 'all'])).toBeUndefined();
  });

  test.each([
    [1, 4, 'all'],
    [5, 4, 'all'],
    [5, 7, 'last'],
    [8, 12, 'all'],
  ] as const)('a dense recurrence of %i steps and %i units, loss on %s', (steps, hidden, positions) => {
    const program = denseRecurrence(steps, hidden, positions);
    expect(differenceOf(program, { key: [1, 2], firstSequence: 0, sequenceCount: 16 }, choices)).toBeUndefined();
  });
});

describe("update programs have the interpreter's bits", () => {
  test.each(['sgd', 'adam', 'adamw'])('%s', (name) => {
    const { parameters } = learnerOf(regression, { name: 'gated-rnn', hidden: 7 });
    const program = buildUpdateProgram(parameters, { optimizer: bindOptimizer(optimizerSchema.parse({ name })), clip: 1 });
    expect(differenceOf(program, noSequences, choices)).toBeUndefined();
  });
});
