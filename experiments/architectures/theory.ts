// What theory says of E4's regression task: one optimal step of gradient descent, for W* of variance 1/3 and of twice that.

import { optimalStepLoss, type RegressionLaw } from '../../learning/index.js';

const law: RegressionLaw = {
  contextLength: 12,
  inputDimension: 3,
  inputVariance: 1,
  inputKurtosis: 9 / 5,
  weightVariance: 1 / 3,
  noiseVariance: 0,
};

/** Half the mean squared error per output of one optimal step. */
export const optimum = optimalStepLoss(law);
/** The same where W* has twice the variance. */
export const doubledOptimum = optimalStepLoss({ ...law, weightVariance: 2 / 3 });
