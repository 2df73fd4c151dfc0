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
export { prune, type Pruned, type PruningOptions } from './pruning.js';
export { attentionScores, decayBounds, unexplained, type AttentionScores } from './scores.js';
