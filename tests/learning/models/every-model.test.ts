import { describe, expect, it } from 'vitest';
import {
  bindModel,
  bindTask,
  buildTrainingProgram,
  createLearner,
  flatLength,
  initializeParameters,
  modelNames,
  modelSchema,
  namedViews,
  taskSchema,
  type Learner,
} from '../../../learning/index.js';
import { interpreter, outputLayout, type Floats } from '../../../tensor/index.js';

// Weights of the usual size: where gradients are tiny, differences of f32 losses are mostly rounding.
const smallOptions: Readonly<Record<string, object>> = {
  'gated-rnn': { hidden: 3, outputNeurons: 2, initialGain: 1 },
  'side-gated-rnn': { hidden: 3, outputNeurons: 2, initialGain: 1 },
  'linear-attention': { keyDimension: 2, initialGain: 1 },
  'softmax-attention': { keyDimension: 2, initialGain: 1 },
  'dense-gated-rnn': { hidden: 3, outputNeurons: 2, initialGain: 1 },
  'windowed-gated-rnn': { hidden: 3, outputNeurons: 2, initialGain: 1 },
  'gated-linear-attention': { keyDimension: 2, valueDimension: 3, initialGain: 1 },
  'delta-net': { keyDimension: 2, valueDimension: 3, initialGain: 1 },
  lru: { hidden: 3, initialGain: 1, decay: { maximum: 0.9 } },
  'rg-lru': { hidden: 3, initialGain: 2, decay: { maximum: 0.9 } },
  'selective-ssm': { channels: 3, states: 2, initialGain: 0.7 },
  lstm: { hidden: 2 },
  gru: { hidden: 2 },
};

const lastToken = { name: 'in-context-regression', contextLength: 3, inputDimension: 2, outputDimension: 1 };
const everyToken = { name: 'attention-teacher', dimension: 2, tokenCount: 3 };

function learnerOf(name: string, task: object, further: object = {}): Learner {
  const model = modelSchema.parse({ name, ...smallOptions[name], ...further });
  return createLearner(bindTask(taskSchema.parse(task)), bindModel(model));
}

const epsilon = 1e-2;

/** Loss and gradients over eight sequences. */
function lossOf(learner: Learner): (parameters: Floats) => { readonly loss: number; readonly gradient: Floats } {
  const executable = interpreter.compile(buildTrainingProgram(learner));
  const length = flatLength(learner.parameters);
  return (parameters) => {
    const outputs = new Float32Array(executable.outputLength);
    executable.load(parameters);
    executable.run({ key: [7, 11], firstSequence: 0, sequenceCount: 8 }, outputs);
    return { loss: outputs[length]!, gradient: outputs.slice(0, length) };
  };
}

function finiteDifferences(loss: (parameters: Floats) => number, at: Floats): Floats {
  return at.map((x, index) => {
    const [above, below] = [x + epsilon, x - epsilon].map(Math.fround);
    return (loss(at.with(index, above!)) - loss(at.with(index, below!))) / (above! - below!);
  });
}

const norm = (x: Float32Array): number => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));

describe.each(modelNames)('%s', (name) => {
  it.each([
    ['the last token', lastToken, {}],
    ['every token', everyToken, {}],
    ['every token, in two layers behind an embedding', everyToken, { layers: 2, embedding: 3 }],
  ])('gradients equal finite differences when the loss is on %s', (_, task, further) => {
    const learner = learnerOf(name, task, further);
    const evaluate = lossOf(learner);
    const parameters = initializeParameters(learner.parameters, [1, 2]);
    const found = evaluate(parameters).gradient;
    const wanted = finiteDifferences((at) => evaluate(at).loss, parameters);
    const scale = norm(wanted);
    expect(scale).toBeGreaterThan(0.01);
    const differences = namedViews(
      learner.parameters,
      found.map((x, index) => x - wanted[index]!),
    );
    for (const [parameter, gradient] of namedViews(learner.parameters, wanted)) {
      const allowed = 1e-2 * norm(gradient) + 1e-3 * scale;
      expect(norm(differences.get(parameter)!), parameter).toBeLessThan(allowed);
    }
  });

  it('gives one gradient per parameter, of its shape, then loss and loss weight', () => {
    const learner = learnerOf(name, everyToken);
    const wanted = learner.parameters.map((parameter) => [`gradient/${parameter.name}`, parameter.rows, parameter.columns]);
    const found = outputLayout(buildTrainingProgram(learner)).map((output) => [output.name, output.rows, output.columns]);
    expect(found).toEqual([...wanted, ['loss', 1, 1], ['lossWeight', 1, 1]]);
  });

  it('leaves recurrent decays and biases out of weight decay', () => {
    const undecayed = learnerOf(name, everyToken).parameters.filter(({ group }) => group === 'undecayed');
    const names = undecayed.map((parameter) => parameter.name.slice(parameter.name.lastIndexOf('.') + 1));
    expect(['bias', 'direct', 'gamma', 'logRate', 'nu', 'theta']).toEqual(expect.arrayContaining(names));
  });
});
