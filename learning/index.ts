// learning/: what is learned, by what, and how. A configuration becomes a plan; the serial trainer carries a plan out on one thread.

export { parseRunConfig, runConfigSchema, type RunConfig } from './configuration.js';
export {
  ConfigurationError,
  describeIssue,
  type ConfigurationErrorCode,
  type ConfigurationIssue,
} from './configuration-error.js';
export { configurationTable, describeConfiguration, type ConfigurationField } from './describe-configuration.js';
export { applyOverrides } from './overrides.js';
export { expandStudy, parseStudy, type Study, type StudyRun } from './study.js';
export { buildPlan, type TrainingPlan } from './plan.js';
export { compileUpdate, initialState, type TrainingState, type TrainingUpdate } from './update.js';
export {
  digestParameters,
  evaluateSerially,
  reduceSerially,
  trainSerially,
  type Digest,
  type SerialStep,
} from './serial-trainer.js';
export { buildEvaluationProgram, type EvaluationSummary } from './evaluation.js';
export { buildTrainingProgram, buildTrial, createLearner, type Learner } from './training-program.js';
export { buildUpdateProgram, stateSpecifications, type UpdateOptions } from './update-program.js';
export { decayOf, initializeParameters } from './initialization.js';
export { recurrentDecays } from './recurrent-decays.js';
export { streamKey, type Stream } from './keys.js';
export { identity, matrix, multiply, transpose, type Matrix } from './matrices.js';
export { learningRateAt, type Schedule } from './schedules.js';
export {
  flatLength,
  flatten,
  namedViews,
  type Initialization,
  type ParameterGroup,
  type ParameterSpecification,
} from './parameters.js';
export {
  bindModel,
  deltaNet,
  denseGatedRnn,
  gatedLinearAttention,
  gatedRnn,
  gru,
  linearAttention,
  lru,
  lstm,
  modelNames,
  modelSchema,
  rgLru,
  selectiveSsm,
  sideGatedRnn,
  softmaxAttention,
  windowedGatedRnn,
  type BoundModel,
  type ModelContext,
  type ModelOptions,
  type ModelShape,
  type OutputPositions,
} from './models/index.js';
export {
  associativeRecall,
  attentionTeacher,
  bindTask,
  drawTeacher,
  inContextRegression,
  inductionHeads,
  multiQueryRecall,
  optimalStep,
  optimalStepLoss,
  regressionLaw,
  taskSchema,
  type AttentionLayer,
  type BoundTask,
  type Purpose,
  type RegressionLaw,
  type Sample,
  type TaskOptions,
  type TaskShape,
} from './tasks/index.js';
export { bindOptimizer, optimizerSchema, type BoundOptimizer, type OptimizerOptions } from './optimizers/index.js';
export {
  constructCompact,
  constructPlain,
  constructRegression,
  constructShared,
  constructSideGated,
  type Construction,
} from './construction.js';
