// The face of the coordinator's pure half: the state machine that owns a run. The half that touches the platform is shell/.

export { CoordinatorCore } from './core/coordinator-core.js';
export type {
  CommittedContribution,
  ConnectionId,
  CoreEvent,
  Effect,
  JobKind,
  JobRequest,
  JobResult,
  LogEntry,
} from './core/events.js';
export type { AdmissionOptions, CoreOptions, RecheckOptions, RunProgram, SchedulingOptions } from './core/options.js';
export { defaultRecheck, defaultScheduling } from './core/options.js';
export { Reputations } from './core/reputations.js';
export type { CoreSnapshot, WorkerSnapshot } from './core/snapshot.js';
export { committedTree, type CommittedJob, type PicturedNode, type TreeSnapshot } from './core/tree-snapshot.js';
export type { WorkerStatistics } from './core/workers.js';
export type { Checkpoint, Evaluation, ResumePoint, RunRecord, StepMetrics, TrajectoryEntry } from './core/records.js';
export { chainStart, commitOf, evaluationAt, isEvaluationDue, linkTrajectory, momentOf } from './core/records.js';
export { RunError, type RunErrorCode } from './core/run-error.js';
export { Training } from './core/training.js';
export type { Outcome, TrainingEffect, TrainingEvent, TrainingOptions, TrainingProgress } from './core/training.js';
export * from './verification/index.js';
