// analysis/: what did the network learn? Pure functions from parameters to numbers.

export { gatedLayerOf, inputForms, keepNeurons, outputForms, type GatedLayer } from './gated-layer.js';
export { influences, influenceThreshold, influentialNeurons, type NeuronInfluence } from './influence.js';
export {
  attentionPolynomials,
  gatedPolynomials,
  gradientStepPolynomials,
  polynomialDistance,
  type Polynomial,
} from './polynomial.js';
export { ageMatrices, lagCoefficients, type LagCoefficient, type RegressionShape } from './lag-coefficients.js';
export { evaluateEach, sequenceGroup, type SequenceSource } from './single-sequences.js';
export {
  answerRegression,
  drawRegression,
  type AnsweredSequence,
  type RegressionSequence,
  type RegressionSource,
} from './regression-sequences.js';
export { alignment, stepPredictions, type Alignment } from './alignment.js';
export {
  exactPreconditioner,
  fitPreconditioner,
  preconditionerDistances,
  type ExactPreconditioner,
  type PreconditionerDistances,
  type PreconditionerFit,
} from './preconditioner.js';
export {
  gradientDescentFilter,
  leastSquaresFilter,
  lossOfFilter,
  predictionsOf,
  ridgeFilter,
  spectraOf,
  tunedAlgorithms,
  tuneGradientDescent,
  tuneRidge,
  type RegressionAlgorithm,
  type SpectralFilter,
  type SpectralSequence,
} from './regression-algorithms.js';
export { compareAlgorithms, type AlgorithmComparison, type ComparedAlgorithm } from './algorithm-comparison.js';
export {
  bestPreconditioner,
  readRegression,
  stepLosses,
  type PreconditionerReading,
  type RegressionReading,
  type RegressionRun,
  type RegressionTask,
  type StepLosses,
} from './regression-reading.js';
export { estimate, lossesOf, type Estimate } from './statistics.js';
export {
  readableTask,
  readNetwork,
  type ComparedCoefficient,
  type MergedReading,
  type NetworkReading,
  type PolynomialReading,
  type PrunedReading,
  type ReadableTask,
  type ReadingSources,
} from './network-reading.js';
export {
  learningRateFigure,
  lossFigure,
  thinCurve,
  type CurveEvaluation,
  type CurvePoint,
  type RunCurves,
} from './figures/curves.js';
export { comparisonFigure, cosineFigure, preconditionerFigure, predictionFigure, varianceFigure } from './figures/answers.js';
export { canonicalFormsFigure, canonicalOutputsFigure } from './figures/canonical.js';
export { draw, inks, type Figure } from './figures/figure.js';
export { blockFigure, decayFigure, pruningFigure } from './figures/neurons.js';
export { lagFigure, polynomialFigure } from './figures/solution.js';
export { prune, type Pruned, type PruningOptions, type PruningStage } from './pruning.js';
export { attentionScores, decayBounds, kindOf, unexplained, type AttentionScores, type NeuronKind } from './scores.js';
export { mergeNeurons } from './merging.js';
export { withLayer, withoutNeurons } from './layer-parameters.js';
export { canonicalForm, type CanonicalForm, type CanonicalNeurons } from './canonical-form.js';
export type { IsAsked } from './neuron-places.js';
export { stepLayer, teacherLayer } from './reference-layer.js';
