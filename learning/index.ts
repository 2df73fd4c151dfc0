// learning/: what is learned, by what, and how. A configuration becomes a plan; the serial trainer carries a plan out on one thread.

export { parseRunConfig, runConfigSchema, type RunConfig, type RunConfigSchema } from './configuration.js';
export {
  ConfigurationError,
  describeIssue,
  type ConfigurationErrorCode,
  type ConfigurationIssue,
} from './configuration-error.js';
export { configurationTable, describeConfiguration, type ConfigurationField } from './describe-configuration.js';
export { applyOverrides } from './overrides.js';
export { expandStudy, parseStudy, valueLabel, type Study, type StudyRun } from './study.js';
export { buildPlan, createPlanner, type TrainingPlan } from './plan.js';
export { mostStages } from './curriculum.js';
export { stageAt, type Stage } from './stages.js';
export { PluginError, type PluginErrorCode } from './plugin-error.js';
export type { PluginModule } from './plugin-module.js';
export {
  definePlugin,
  isPluginOptions,
  type Plugin,
  type PluginIdentity,
  type PluginModel,
  type PluginOptions,
  type PluginTask,
  type QualifiedName,
} from './plugin.js';
export { builtInRegistry, modelOf, registryOf, taskOf, type Registry } from './registry.js';
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
  bias,
  flatLength,
  flatten,
  namedViews,
  square,
  weight,
  type Initialization,
  type ParameterGroup,
  type ParameterSpecification,
} from './parameters.js';
export { z } from 'zod';
export { atPositions, defineModel, type Model, type ModelDefinition } from './models/model.js';
export { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './models/stack.js';
export { defineTask, type Task } from './tasks/task.js';
export { distinctClasses, uniformClasses, weightedPlaces } from './tasks/draws.js';
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
  functionClass,
  inContextRegression,
  inductionHeads,
  multiQueryRecall,
  optimalPreconditioner,
  optimalStep,
  optimalStepLoss,
  preconditionedStepLoss,
  regressionLaw,
  taskSchema,
  type AttentionLayer,
  type BoundTask,
  type PrincipalAxes,
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
  forgetNu,
  rememberNu,
} from './construction.js';
