// What theory says of E3: one optimal step of gradient descent, the staircase of products, and how few neurons a construction needs.
//
// Each of the nine products y_i x_j is worth the same: with k of them the loss is ½ w² s² d_x − k (that − optimum) / 9, 0.5 − 0.045045 k here.

import { optimalStep, optimalStepLoss, type RegressionLaw } from '../../learning/index.js';

const inputDimension = 3;
const outputDimension = 3;

/** The law of E3's contexts: x uniform in ±√3, W* of variance 1/3. */
export const law: RegressionLaw = {
  contextLength: 12,
  inputDimension,
  inputVariance: 1,
  inputKurtosis: 9 / 5,
  weightVariance: 1 / 3,
  noiseVariance: 0,
};

/** Products y_i x_j. */
export const productCount = inputDimension * outputDimension;
/** η*. */
export const learningRate = optimalStep(law);
/** The optimum. */
export const optimum = optimalStepLoss(law);
/** The optimum for W* of twice the variance. */
export const doubledOptimum = optimalStepLoss({ ...law, weightVariance: 2 / 3 });
/** The loss of predicting zero. */
export const zeroLoss = 0.5 * law.weightVariance * law.inputVariance * inputDimension;
/** What each product takes from it. */
export const stair = (zeroLoss - optimum) / productCount;

/** The products in a loss, as a real number. */
export const productsIn = (loss: number): number => (zeroLoss - loss) / stair;

/** The most products that a construction with one neuron for each product and one for each x_j that it needs has in n neurons. */
export function constructedProducts(neuronCount: number): number {
  const counts = Array.from({ length: inputDimension }, (_, index) => {
    const queries = index + 1;
    return Math.max(0, Math.min(queries * outputDimension, neuronCount - queries));
  });
  return Math.max(...counts);
}

/** Neurons of the construction that solves the task. */
export const constructionNeurons = productCount + inputDimension;
/** Neurons of the compact construction of attention for tokens of d_x + d_y entries. */
export const compactNeurons =
  ((inputDimension + outputDimension) * (inputDimension + outputDimension + 1)) / 2 + inputDimension + outputDimension;
