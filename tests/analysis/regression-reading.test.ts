// Alignment, preconditioner and doubled variance of networks whose answers are known: constructed steps, and a network that computes something else.

import { describe, expect, it } from 'vitest';
import {
  alignment,
  answerRegression,
  comparisonFigure,
  cosineFigure,
  exactPreconditioner,
  fitPreconditioner,
  gatedLayerOf,
  preconditionerDistances,
  preconditionerFigure,
  predictionFigure,
  readRegression,
  stepPredictions,
  varianceFigure,
  type AnsweredSequence,
  type RegressionReading,
  type RegressionRun,
} from '../../analysis/index.js';
import { wasmBackend } from '../../backends/index.js';
import {
  bindTask,
  buildPlan,
  builtInRegistry,
  constructRegression,
  createLearner,
  flatten,
  modelOf,
  multiply,
  optimalStep,
  parseRunConfig,
  regressionLaw,
  streamKey,
  type Matrix,
  type TrainingPlan,
} from '../../learning/index.js';
import { inputLayout } from '../../tensor/index.js';

const source = { backend: wasmBackend, key: streamKey(2, 'test', 0), sequenceCount: 1024 };
const shape = { inputDimension: 2, outputDimension: 3, contextLength: 6 };

function runOf(model: object, task: object = {}): { readonly run: RegressionRun; readonly plan: TrainingPlan } {
  const config = parseRunConfig({ name: 'read', task: { name: 'in-context-regression', ...shape, ...task }, model });
  if (config.task.name !== 'in-context-regression') throw new Error('another task');
  return {
    run: { task: config.task, model: modelOf(builtInRegistry, config.model) },
    plan: buildPlan(config),
  };
}

function readStep(learningRate: number, preconditionerOf?: () => Matrix): RegressionReading {
  const { hidden, outputNeurons, values } = constructRegression({ ...shape, learningRate });
  const { run, plan } = runOf({ name: 'gated-rnn', hidden, outputNeurons });
  return readRegression(run, flatten(inputLayout(plan.trainProgram), values), source, preconditionerOf);
}

const rate = optimalStep(regressionLaw(runOf({ name: 'lstm' }).run.task, 'train'));
const ofStep = readStep(rate);
const twoThirds = readStep(rate / 1.5);
const ofLstm = readRegression(
  runOf({ name: 'lstm', hidden: 8 }).run,
  runOf({ name: 'lstm', hidden: 8 }).plan.parameters.initial,
  source,
);

describe('readRegression', () => {
  it('finds nothing between a constructed step and gradient descent', () => {
    const { cosine, relativeSensitivityDistance, relativePredictionDistance } = ofStep.alignment;
    expect(cosine.mean).toBeCloseTo(1, 10);
    expect(relativeSensitivityDistance).toBeLessThan(1e-6);
    expect(relativePredictionDistance).toBeLessThan(1e-6);
    expect(ofStep.comparison.nearest).toBe('1 step of gradient descent');
    expect(ofStep.preconditioner!.explained).toBeCloseTo(1, 10);
    expect(ofStep.preconditioner!.fromWanted).toBeLessThan(1e-6);
    for (const { excess } of ofStep.variances) expect(Math.abs(excess.mean)).toBeLessThan(1e-7);
  });

  it('tells direction from size: a rate that is too small has cosine 1 and a third as distance', () => {
    const { cosine, relativeSensitivityDistance, relativePredictionDistance } = twoThirds.alignment;
    expect(cosine.mean).toBeCloseTo(1, 10);
    expect(relativeSensitivityDistance).toBeCloseTo(1 / 3, 5);
    expect(relativePredictionDistance).toBeCloseTo(1 / 3, 5);
    expect(twoThirds.preconditioner!.fromWanted).toBeCloseTo(1 / 3, 5);
    expect(twoThirds.preconditioner!.rate).toBeCloseTo(rate / 1.5, 6);
    expect(twoThirds.preconditioner!.fromIsotropic).toBeLessThan(1e-6);
  });

  it('doubles the variance of W and leaves the inputs as they are: losses of a step double', () => {
    const [trained, doubled] = ofStep.variances;
    expect(doubled.weightVariance).toBeCloseTo(2 * trained.weightVariance, 12);
    expect(doubled.network.mean / trained.network.mean).toBeCloseTo(2, 4);
    // The network of a wrong rate is as much worse there.
    const [wrong, wrongDoubled] = twoThirds.variances;
    expect(wrongDoubled.excess.mean / wrong.excess.mean).toBeCloseTo(2, 4);
    expect(wrong.excess.mean).toBeGreaterThan(3 * wrong.excess.standardError);
  });

  it('holds networks against a preconditioner that it is given', () => {
    const wanted = [
      [rate, 0],
      [0, 2 * rate],
    ];
    const reading = readStep(rate, () => wanted);
    expect(reading.preconditioner!.fromWanted).toBeCloseTo(1 / Math.sqrt(5), 5);
    expect(reading.alignment.cosine.mean).toBeLessThan(0.99);
  });

  it('reads a network that is no gradient step', () => {
    expect(ofLstm.alignment.cosine.mean).toBeLessThan(0.9);
    expect(ofLstm.preconditioner!.explained).toBeLessThan(0.9);
    expect(ofLstm.alignment.relativePredictionDistance).toBeGreaterThan(0.5);
    expect(ofLstm.predictions).toHaveLength(3 * 1024);
  });

  it('refuses answers that are not finite', () => {
    const { run, plan } = runOf({ name: 'gated-rnn', hidden: 4 });
    expect(() => readRegression(run, plan.parameters.initial.fill(1e30), source)).toThrow('finite ones wanted');
  });
});

describe('fitPreconditioner', () => {
  const gamma = [
    [0.2, -0.1],
    [0.05, 0.4],
  ];
  const sequences = Array.from({ length: 40 }, (_, n): AnsweredSequence => {
    const wave = (phase: number): number => Math.sin(3 * n + phase);
    const moments = [
      [wave(1), wave(2)],
      [wave(3), wave(4)],
    ];
    const slope = multiply(moments, gamma);
    const query = [wave(5), wave(6)];
    const prediction = slope.map((row) => row[0]! * query[0]! + row[1]! * query[1]!);
    return { gram: [], moments, query, target: [0, 0], prediction, sensitivity: slope };
  });

  it('is exact for a preconditioned step, and its errors cover what noise does', () => {
    const answers = sequences.map(({ prediction }) => prediction);
    const exact = fitPreconditioner(sequences, answers);
    exact.matrix.flat().forEach((x, index) => expect(x).toBeCloseTo(gamma.flat()[index]!, 10));
    expect(exact.explained).toBeCloseTo(1, 10);
    expect(alignment(sequences, gamma).relativePredictionDistance).toBeLessThan(1e-12);
    const noisy = answers.map((row, n) => row.map((x, o) => x + 0.05 * Math.sin(1000 * n + 77 * o)));
    const fit = fitPreconditioner(sequences, noisy);
    fit.matrix.flat().forEach((x, index) => {
      expect(Math.abs(x - gamma.flat()[index]!)).toBeLessThan(4 * fit.standardErrors.flat()[index]!);
    });
    expect(fit.explained).toBeLessThan(1 - 1e-4);
    expect(stepPredictions(sequences, gamma)[3]!.map((x) => x.toFixed(10))).toEqual(answers[3]!.map((x) => x.toFixed(10)));
  });

  it('wants more numbers than unknowns', () => {
    const two = sequences.slice(0, 2);
    expect(() =>
      fitPreconditioner(
        two,
        two.map(({ prediction }) => prediction),
      ),
    ).toThrow('4 predictions found, more than 4 wanted');
  });

  it('does without directions that no query has', () => {
    const flat = sequences.map((one) => ({ ...one, query: [one.query[0]!, 0] }));
    const { matrix } = fitPreconditioner(flat, stepPredictions(flat, gamma));
    expect(matrix.map((row) => row[0])).toEqual([expect.closeTo(0.2, 8), expect.closeTo(0.05, 8)]);
    expect(matrix.map((row) => row[1])).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
  });
});

describe('exactPreconditioner', () => {
  it('is what sequences tell of a layer whose neurons are all scattered', () => {
    const { run, plan } = runOf({ name: 'gated-rnn', hidden: 9, initialGain: 1 });
    const { initial } = plan.parameters;
    const tensors = inputLayout(plan.trainProgram);
    const { matrix, spread } = exactPreconditioner(gatedLayerOf(tensors, initial), shape);
    expect(spread).toBeGreaterThan(0);
    expect(preconditionerDistances(matrix, matrix).fromWanted).toBe(0);
    const learner = createLearner(bindTask(run.task), run.model);
    const sequences = answerRegression(learner, initial, { ...source, sequenceCount: 8192, purpose: 'train' });
    const fit = fitPreconditioner(
      sequences,
      sequences.map(({ prediction }) => prediction),
    );
    // The rest of an untrained layer's polynomial is noise to the fit.
    fit.matrix.flat().forEach((x, index) => {
      expect(Math.abs(x - matrix.flat()[index]!)).toBeLessThan(6 * fit.standardErrors.flat()[index]!);
    });
  });
});

describe('figures of answers', () => {
  const figures = [
    ['predictions', () => predictionFigure(ofLstm), '1500 of 3072'],
    ['cosines', () => cosineFigure(ofLstm.alignment), 'the mean is'],
    ['cosines of a step', () => cosineFigure(ofStep.alignment), 'the mean is 1 '],
    ['variances', () => varianceFigure(ofStep), 'doubled'],
    [
      'preconditioner',
      () =>
        preconditionerFigure(ofLstm.preconditioner!, [
          [1, 0],
          [0, 1],
        ]),
      'Γ of the preconditioned step',
    ],
    ['comparison', () => comparisonFigure(ofStep.comparison), 'The nearest is 1 step of gradient descent'],
  ] as const;

  it.each(figures)('%s: the same SVG twice, explained, and without numbers that are none', (_, make, words) => {
    const { svg, caption } = make();
    expect(svg).toBe(make().svg);
    expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(caption + svg).toContain(words);
    expect(caption + svg).not.toContain('NaN');
  });
});
