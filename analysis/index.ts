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
export { lagCoefficients, type LagCoefficient, type RegressionShape } from './lag-coefficients.js';
export {
  readableTask,
  readNetwork,
  type ComparedCoefficient,
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
export { draw, inks, type Figure } from './figures/figure.js';
export { blockFigure, decayFigure, pruningFigure } from './figures/neurons.js';
export { lagFigure, polynomialFigure } from './figures/solution.js';
export { prune, type Pruned, type PruningOptions, type PruningStage } from './pruning.js';
export { attentionScores, decayBounds, unexplained, type AttentionScores } from './scores.js';
