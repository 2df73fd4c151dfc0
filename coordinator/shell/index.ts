// The face of the coordinator on Node: a server, a run folder, and what joins them to the pure core.

export type { RunningCoordinator } from './coordinator.js';
export { startCoordinator } from './coordinator.js';
export type { RunErrorCode } from './run-error.js';
export { RunError } from './run-error.js';
export type { RunResult, WorkerContributions } from './run-result.js';
export type { CoordinatorOptions, RunProgress } from './run-setup.js';
export { decodeSafetensors, encodeSafetensors, type StoredTensor, type TensorFile } from './safetensors.js';
export type { RunEvent, RunStatus } from './status-page.js';
