// The face of the coordinator on Node: a server, a run folder, and what joins them to the pure core.

export type { RunningCoordinator } from './coordinator.js';
export { startCoordinator } from './coordinator.js';
export type { RunResult, WorkerContributions } from './run-result.js';
export { pageAddress, volunteerAddress, workerAddress } from './addresses.js';
export { isExposed, type ServingOptions, type TlsIdentity } from './serving.js';
export { frameBytesOf, programsOf, sha256, type CoordinatorOptions, type RunProgress, type RunPrograms } from './run-setup.js';
export type { RunEvent, RunStatus } from './status-page.js';
export { startStudy } from './study-server.js';
export type { DoneRun, RunningStudy, StudyOptions, StudyTarget } from './study-runs.js';
export type { StudyRunState, StudyStatus } from './study-pages.js';
