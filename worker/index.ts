// The face of worker/: the core that every worker shares, whatever it runs on.

export { computeFailure, isComputersFault, type Computer, type FailedWorker, type Proven } from './computer.js';
export {
  defaultDeviceLimits,
  DeviceComputer,
  type DeviceComputerLimits,
  type DeviceComputerParts,
  type LeaseDevice,
} from './device-computer.js';
export type {
  ComputedSums,
  ComputeFailureCode,
  ComputeResult,
  ComputeTask,
  SegmentTask,
  WorkerEffect,
  WorkerEvent,
  WorkerOutcome,
} from './events.js';
export { examine, type ArithmeticClass, type ExaminedOperation, type Examination } from './examination.js';
export { sumNode, type NodeSumWork } from './node-sum.js';
export { prove, proveDevice } from './proof.js';
export { proveClass } from './proof-class.js';
export { expectedProof } from './proof-digests.js';
export { isFiniteBits } from '../tensor/index.js';
export { computeSegment, type SegmentSteps, type SegmentWork } from './segment.js';
export { sealSums, type Seal } from './seal.js';
export {
  defaultLeaseLimits,
  defaultWorkerTimes,
  type WorkerIdentity,
  type WorkerLimits,
  type WorkerSettings,
  type WorkerTimes,
} from './settings.js';
export { WorkerShell, type ShellParts, type ShellState } from './shell.js';
export { type Timers } from './timers.js';
export { planTasks, type Merge, type TaskPlan } from './tree-tasks.js';
export { WorkerCore, type WorkerPhase } from './worker-core.js';
