import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../../backends/index.js';
import { bindTask, taskSchema } from '../../../learning/index.js';
import { interpreter, ProgramBuilder, type Backend, type Key, type Program } from '../../../tensor/index.js';

const classes = ['linear', 'sparse-linear', 'two-layer-network', 'decision-tree'];
const small = { name: 'function-class', contextLength: 5, inputDimension: 4 };
const turned = { law: 'power', rotationSeed: 1, weightExponent: -1 };
const tasks: readonly object[] = [
  { name: 'in-context-regression', noise: 0.1 },
  { name: 'in-context-regression', covariance: { law: 'variances', variances: [3, 2, 1] } },
  { name: 'in-context-regression', inputs: { law: 'normal' }, covariance: turned },
  { name: 'attention-teacher', tokenCount: 5 },
  { name: 'associative-recall', pairs: 3, vocabulary: 5 },
  { name: 'multi-query-recall', tokenCount: 12, pairs: 2, vocabulary: 8 },
  { name: 'induction-heads', tokenCount: 7, vocabulary: 4 },
  ...classes.flatMap((name) => [
    { ...small, functions: { class: name } },
    { ...small, functions: { class: name }, answers: 'every' },
  ]),
];

/** Everything a task draws, summed over sequences. */
function programOf(task: object): Program {
  const builder = new ProgramBuilder();
  const { tokens, target, weights, gradientDescent } = bindTask(taskSchema.parse(task)).sample(builder, 'train');
  [tokens, target, weights, gradientDescent].forEach((value, index) => {
    if (value !== undefined) builder.output(`value${index}`, builder.batchSum(value, true));
  });
  return builder.build();
}

function draw(program: Program, backend: Backend, key: Key): Uint32Array {
  const executable = backend.compile(program);
  executable.load(new Float32Array(0));
  const sums = new Float32Array(executable.outputLength);
  executable.run({ key, firstSequence: 8, sequenceCount: 24 }, sums);
  return new Uint32Array(sums.buffer);
}

describe('every task', () => {
  it('is tried here', () => {
    const names = taskSchema.options.map(({ shape }) => shape.name.value);
    expect(new Set(tasks.map((task) => taskSchema.parse(task).name))).toEqual(new Set(names));
  });

  it.each(tasks)('draws the same bits on WebAssembly as on the interpreter, for each key its own: %o', (task) => {
    const program = programOf(task);
    const bits = draw(program, interpreter, [7, 11]);
    expect(draw(program, wasmBackend, [7, 11])).toEqual(bits);
    expect(draw(program, wasmBackend, [7, 12])).not.toEqual(bits);
    expect(programOf(task)).toEqual(program);
  });

  it.each(tasks)('has samples of the shape it states: %o', (task) => {
    const { shape, sample } = bindTask(taskSchema.parse(task));
    const { tokens, target, gradientDescent } = sample(new ProgramBuilder(), 'test');
    expect([tokens.rows, tokens.columns]).toEqual([shape.tokenCount, shape.inputDimension]);
    expect([target.rows, target.columns]).toEqual([shape.positions === 'all' ? shape.tokenCount : 1, shape.outputDimension]);
    if (gradientDescent !== undefined)
      expect([gradientDescent.rows, gradientDescent.columns]).toEqual([target.rows, target.columns]);
  });
});
