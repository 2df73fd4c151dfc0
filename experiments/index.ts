// experiments/: the paper's experiments as studies, measurements and findings.

export {
  experimentNames,
  type Circumstances,
  type Experiment,
  type ExperimentName,
  type ExperimentStudy,
  type MeasuredRun,
  type RunIdentity,
  type RunOutcome,
  type TrainedRun,
} from './experiment.js';
export {
  verdictOf,
  type Claim,
  type Comparison,
  type DetailTable,
  type Findings,
  type PaperStatement,
  type Verdict,
} from './findings.js';
export { experiments } from './registry.js';
export { figureFile, quickNotice, type ExperimentReport, type StudyState } from './report.js';
export { reportPage } from './report-page.js';
export { reportText } from './report-text.js';
export { formatNumber, formatSpread, spreadOf, type Spread } from './spread.js';
