import { describe, expect, it } from 'vitest';
import {
  blockFigure,
  canonicalFormsFigure,
  canonicalOutputsFigure,
  decayFigure,
  lagCoefficients,
  lagFigure,
  lossFigure,
  polynomialFigure,
  pruningFigure,
  readableTask,
  readNetwork,
  thinCurve,
  type NetworkReading,
} from '../../analysis/index.js';
import { wasmBackend } from '../../backends/index.js';
import {
  buildPlan,
  constructPlain,
  constructRegression,
  drawTeacher,
  evaluateSerially,
  flatten,
  parseRunConfig,
  type Construction,
  type RunConfig,
} from '../../learning/index.js';
import { inputLayout } from '../../tensor/index.js';
import { scatteredNumbers } from '../learning/run-model.js';

function configOf(task: object, model: object): RunConfig {
  return parseRunConfig({ name: 'read', task, model, training: { microbatchSize: 64 }, evaluation: { sequences: 1024 } });
}

/** Reads a constructed network, with idle neurons in front of the others. */
function readConstruction(task: object, construction: Construction, idle: number): NetworkReading {
  const { hidden, outputNeurons, values } = construction;
  const config = configOf(task, { name: 'gated-rnn', hidden: hidden + idle, outputNeurons });
  const plan = buildPlan(config);
  const tensors = inputLayout(plan.trainProgram);
  const padded = new Map(
    tensors.map(({ name, rows, columns }) => {
      const value = Array.from(values.get(name)!);
      if (name.includes('inputGate')) return [name, [...scatteredNumbers(idle * columns, 3), ...value]] as const;
      if (name.endsWith('nu')) return [name, [...new Array<number>(idle).fill(0), ...value]] as const;
      if (!name.includes('outputGate')) return [name, value] as const;
      const row = (index: number): readonly number[] => value.slice(index * hidden, (index + 1) * hidden);
      return [
        name,
        Array.from({ length: rows }, (_, index) => [...new Array<number>(idle).fill(0), ...row(index)]).flat(),
      ] as const;
    }),
  );
  return readNetwork(readableTask(config)!, {
    tensors,
    parameters: flatten(tensors, padded),
    lossOf: (parameters) => evaluateSerially(plan, wasmBackend, parameters).testLoss,
    tolerance: 0.1,
  });
}

const regression = { name: 'in-context-regression', inputDimension: 3, outputDimension: 2, contextLength: 5 };
const learningRate = 1 / (5 + 3 + 9 / 5 - 2);
const ofRegression = readConstruction(
  regression,
  constructRegression({ inputDimension: 3, outputDimension: 2, learningRate }),
  4,
);
const ofTeacher = readConstruction(
  { name: 'attention-teacher', dimension: 3, tokenCount: 6, rank: null, teacherSeed: 4 },
  constructPlain(drawTeacher(4, 3, 6)),
  2,
);

describe('readNetwork', () => {
  it('finds the neurons of a gradient step, and what they compute', () => {
    const { influential, pruned, merged, canonical, preconditioner, polynomial, scores, lags } = ofRegression;
    expect(influential).toMatchObject({ count: 9, remembering: 6, forgetting: 3 });
    expect(pruned.kept).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(pruned).toMatchObject({ remembering: 6, forgetting: 3, between: 0 });
    expect(pruned.loss).toBeCloseTo(pruned.originalLoss, 6);
    expect(merged).toMatchObject({ remembering: 6, forgetting: 3 });
    expect(merged!.loss).toBeCloseTo(pruned.originalLoss, 6);
    expect(polynomial.distance).toBeLessThan(1e-6);
    expect(polynomial.distanceOnTask).toBeLessThan(1e-6);
    expect(scores).toBeUndefined();
    expect(canonical!.distance).toBeLessThan(1e-6);
    expect(canonical!.kinds).toHaveLength(9);
    expect(preconditioner!.fromWanted).toBeLessThan(1e-6);
    expect(preconditioner!.spread).toBeLessThan(1e-6);
    expect(ofRegression.learningRate).toBeCloseTo(learningRate, 12);
    for (const { mean, minimum, maximum } of lags!) {
      expect(mean).toBeCloseTo(learningRate, 6);
      expect(maximum - minimum).toBeLessThan(1e-6);
    }
  });

  it('finds the neurons of an attention teacher, and its scores', () => {
    const { pruned, merged, canonical, polynomial, scores, lags } = ofTeacher;
    expect(pruned).toMatchObject({ remembering: 9, forgetting: 3, between: 0 });
    expect(polynomial.distance).toBeLessThan(1e-6);
    expect(scores!.keyValue).toBeLessThan(1e-12);
    expect(scores!.query).toBeLessThan(1e-12);
    expect(lags).toBeUndefined();
    expect(merged).toMatchObject({ remembering: 6, forgetting: 3 });
    expect(merged!.loss).toBeLessThan(1e-10);
    // In the basis of the inputs six neurons that remember are enough for the nine.
    expect(canonical!.distance).toBeLessThan(1e-6);
    expect(canonical!.parts.outputs).toBeLessThan(1e-4);
    expect(canonical!.kinds.filter((kind) => kind === 'remembers')).toHaveLength(9);
  });

  it('has no canonical form of a network that pruning leaves no neuron of', () => {
    const construction = constructRegression({ inputDimension: 3, outputDimension: 2, learningRate: 0 });
    expect(readConstruction(regression, construction, 0).canonical).toBeUndefined();
  });

  it('is for one bare layer of Eq. 2 on tasks that attention solves', () => {
    expect(readableTask(configOf(regression, { name: 'gated-rnn' }))).toMatchObject({ name: 'in-context-regression' });
    for (const model of [{ name: 'lstm' }, { name: 'gated-rnn', layers: 2 }, { name: 'gated-rnn', skip: true }]) {
      expect(readableTask(configOf(regression, model))).toBeUndefined();
    }
    expect(readableTask(configOf({ name: 'associative-recall' }, { name: 'gated-rnn' }))).toBeUndefined();
  });
});

describe('lagCoefficients', () => {
  it('fall with age where neurons forget', () => {
    const forgetful = { ...ofRegression.layer, decays: ofRegression.layer.decays.map((decay) => 0.9 * decay) };
    const shape = { inputDimension: 3, outputDimension: 2, contextLength: 5 };
    lagCoefficients(forgetful, shape).forEach(({ age, mean }) => {
      expect(mean).toBeCloseTo(learningRate * Math.exp(age * Math.log(0.9)), 6);
    });
  });
});

describe('figures', () => {
  const inputNames = ['x1', 'x2', 'x3', 'y1', 'y2', '1'];
  const points = Array.from({ length: 1200 }, (_, index) => ({
    step: index + 1,
    loss: 1 / (index + 1),
    learningRate: 0.001,
  }));
  const curves = {
    points,
    evaluations: [{ step: 0, testLoss: 1 }],
    optimum: { loss: 0.01, label: 'theory: a line' },
    lossLabel: 'loss',
  };
  const figures = [
    ['loss', () => lossFigure(curves), 'theory: a line'],
    ['decays', () => decayFigure(ofRegression), 'λ'],
    ['pruning', () => pruningFigure(ofRegression), '9 neurons'],
    ['blocks', () => blockFigure(ofRegression.layer, ofRegression.pruned.kept, inputNames), '1: λ 1.000'],
    ['canonical forms', () => canonicalFormsFigure(ofRegression.canonical!, inputNames), 'x3·y2'],
    ['canonical outputs', () => canonicalOutputsFigure(ofRegression.canonical!), 'output 2'],
    ['canonical forms of a teacher', () => canonicalFormsFigure(ofTeacher.canonical!, ['x1', 'x2', 'x3', '1']), 'λ 1.000'],
    ['polynomial', () => polynomialFigure(ofRegression.polynomial, 'the step'), 'coefficient of the step'],
    ['lags', () => lagFigure(ofRegression.lags!, learningRate), 'theory: η* = 0.128'],
  ] as const;

  it.each(figures)('%s: the same SVG twice, with its labels and without numbers that are none', (_, make, label) => {
    const { svg } = make();
    expect(svg).toBe(make().svg);
    expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain(label);
    expect(svg).not.toContain('NaN');
  });

  it('are drawn of a run without steps too', () => {
    const { svg } = lossFigure({ ...curves, points: [], evaluations: [], optimum: undefined });
    expect(svg).toContain('<svg');
    expect(svg).not.toContain('NaN');
  });

  it('thin a long curve to geometric means', () => {
    const thin = thinCurve(points);
    // 500 portions of 1,199 steps, and the last step by itself.
    expect(thin).toHaveLength(501);
    expect(thin[0]).toMatchObject({ step: 2 });
    expect(thin[0]!.loss).toBeCloseTo(Math.cbrt(1 / 6), 12);
    expect(thin.at(-1)).toMatchObject({ step: 1200 });
    expect(thin.at(-1)!.loss).toBeCloseTo(1 / 1200, 12);
    // On a logarithmic axis early steps have a portion each.
    expect(
      thinCurve(points, Math.log)
        .map(({ step }) => step)
        .slice(0, 3),
    ).toEqual([1, 2, 3]);
    expect(thinCurve([])).toEqual([]);
  });
});
