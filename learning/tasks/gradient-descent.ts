// One step of gradient descent on the context, from zero weights: ŷ = η Σ_t y_t (x_t · x_q).
//
// x has mean 0, variance s² and kurtosis κ, entries of W* variance w², the context's targets noise of variance σ²:
//   η* = w² / (w² s² (T + d_x + κ − 2) + σ²)          half MSE per output = ½ w² s² d_x (1 − η* s² T)
// For one layer of linear attention and for the gated RNN of Eq. 2 nothing below that loss is possible.

/** A law of contexts for linear regression. */
export interface RegressionLaw {
  readonly contextLength: number;
  readonly inputDimension: number;
  readonly inputVariance: number;
  readonly inputKurtosis: number;
  readonly weightVariance: number;
  readonly noiseVariance: number;
}

/** The optimal learning rate η* of one gradient step. */
export function optimalStep(law: RegressionLaw): number {
  const { contextLength, inputDimension, inputVariance, inputKurtosis, weightVariance, noiseVariance } = law;
  const spread = inputVariance * (contextLength + inputDimension + inputKurtosis - 2);
  return weightVariance / (weightVariance * spread + noiseVariance);
}

/** Half the mean squared error per output of one gradient step at η*. */
export function optimalStepLoss(law: RegressionLaw): number {
  const { contextLength, inputDimension, inputVariance, weightVariance } = law;
  return 0.5 * weightVariance * inputVariance * inputDimension * (1 - optimalStep(law) * inputVariance * contextLength);
}
