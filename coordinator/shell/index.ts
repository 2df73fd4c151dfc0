// The face of the coordinator on Node: a server, a run folder, and what joins them to the pure core.

export type { RunningCoordinator } from './coordinator.js';
export { startCoordinator } from './coordinator.js';
export type { RunResult, WorkerContributions } from './run-result.js';
export { programsOf, sha256, type CoordinatorOptions, type RunProgress, type RunPrograms } from './run-setup.js';
export type { RunEvent, RunStatus } from './status-page.js';
