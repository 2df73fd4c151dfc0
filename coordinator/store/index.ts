// The face of a run's folder: who writes it, who reads it, and the disk under it.

export { checkpointName, stepOfCheckpoint, type CheckpointContext } from './checkpoint-file.js';
export { listCheckpoints, outdated, readCheckpoint, type Retention } from './checkpoint-folder.js';
export type { Disk, DiskFile, DiskLock } from './disk.js';
export { readDamagedLog, readLog, type LogDamage, type LogLine } from './log-reader.js';
export { nodeDisk } from './node-disk.js';
export { replaceFile } from './replace-file.js';
export { folderNames, refuseLocked } from './run-folder.js';
export { readHistory, type HistoryRequest, type LineRecord, type LogFault } from './run-history.js';
export { readResult, readSession } from './run-files.js';
export {
  contributionsParser,
  logFile,
  metricsParser,
  trajectoryParser,
  type LoggedJob,
  type LoggedNode,
  type LogName,
} from './run-logs.js';
export {
  folderFormat,
  manifestName,
  newManifest,
  readManifest,
  type ConfigurationReader,
  type ProgramDigests,
  type RunManifest,
} from './run-manifest.js';
export { RunStore, type NewRun, type ReopenedRun, type RunSession, type RunStoreOptions } from './run-store.js';
export { decodeSafetensors, encodeSafetensors, type StoredTensor, type TensorFile } from './safetensors.js';
