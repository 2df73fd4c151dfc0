// Where an interrupted run goes on: at the newest whole checkpoint up to which its logs are whole too.
//
// A checkpoint is written when the logs before it are on the disk. So after a crash only what lies behind the newest checkpoint can be
// missing or torn; it is cut off and computed again. Whatever is damaged before was not damaged by a crash.

import { join } from 'node:path';
import {
  chainStart,
  commitOf,
  RunError,
  type Checkpoint,
  type Evaluation,
  type ResumePoint,
  type TrajectoryEntry,
} from '../index.js';
import type { CheckpointContext } from './checkpoint-file.js';
import { listCheckpoints, readCheckpoint } from './checkpoint-folder.js';
import type { Disk } from './disk.js';
import { readLog, type LogDamage } from './log-reader.js';
import {
  contributionsParser,
  logFile,
  logNames,
  metricsParser,
  momentOfJob,
  trajectoryParser,
  type LogName,
} from './run-logs.js';

/** The undamaged part of a log. */
export interface LogExtent {
  readonly byteLength: number;
  /** Of its last line. */
  readonly moment: number;
  readonly damage: LogDamage | undefined;
  /** Whether there is more in the file than this part. */
  readonly isCut: boolean;
}

/** What was found in a run's folder. */
export interface Recovery {
  readonly resume: ResumePoint;
  readonly extents: Readonly<Record<LogName, LogExtent>>;
  /** What had to be left out, for people. */
  readonly warnings: readonly string[];
}

/** What a recovery is made for. */
export interface RecoveryRequest {
  readonly folder: string;
  readonly context: CheckpointContext;
  readonly keepContributions: boolean;
  /** How many of the newest checkpoints are tried; going back further would silently compute days again. */
  readonly newestCount: number;
  /** Whether what is computed again has the same bits, so that lines behind the checkpoint hold. */
  readonly isExact: boolean;
}

/** Finds where a run goes on; changes nothing. Throws RunError with code `run-damaged` where no checkpoint can be used. */
export async function recover(disk: Disk, request: RecoveryRequest): Promise<Recovery> {
  const { folder, context } = request;
  const steps = await listCheckpoints(disk, folder);
  const logs = await readLogs(disk, folder, steps.at(-1) ?? 0);
  const warnings: string[] = [];
  for (const step of steps.slice(0, Math.max(1, request.newestCount))) {
    try {
      const checkpoint = await readCheckpoint(disk, folder, { step, context });
      refuseGap(checkpoint, logs, request);
      return await recoveryAt(disk, checkpoint, { logs, request, warnings });
    } catch (error) {
      // Also where the disk cannot read a file: the checkpoint before may lie elsewhere.
      warnings.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (steps.length > 0) {
    const advice = 'starling verify tells what is damaged';
    throw new RunError(
      'run-damaged',
      `Cannot continue run: none of the newest checkpoints in ${folder} can be used (${warnings[0] ?? ''}); ${advice}`,
    );
  }
  return recoveryAt(disk, undefined, { logs, request, warnings });
}

async function recoveryAt(
  disk: Disk,
  checkpoint: Checkpoint | undefined,
  found: { readonly logs: Logs; readonly request: RecoveryRequest; readonly warnings: readonly string[] },
): Promise<Recovery> {
  const { logs, request, warnings } = found;
  const resume = resumeAt(checkpoint, logs);
  if (request.isExact) return { resume, extents: logs.extents, warnings };
  // Others may help this time: what they computed is as good, and not the same.
  const moment = checkpoint === undefined ? -Infinity : commitOf(checkpoint.step);
  const cut = (name: LogName): Promise<LogExtent> => extentUpTo(linesOf(disk, request.folder, name), moment);
  const extents = {
    contributions: await cut('contributions'),
    trajectory: await cut('trajectory'),
    metrics: await cut('metrics'),
  };
  return { resume: { ...resume, recorded: new Map() }, extents, warnings };
}

/** A log's lines by their moments. */
function linesOf(disk: Disk, folder: string, name: LogName): ReturnType<typeof readLog<number>> {
  const parseTrajectory = trajectoryParser();
  const parseContributions = contributionsParser();
  const parseMetrics = metricsParser();
  const momentsOf = {
    contributions: (value: unknown) => momentOfJob(parseContributions(value)),
    trajectory: (value: unknown) => commitOf(parseTrajectory(value).step),
    metrics: (value: unknown) => parseMetrics(value).moment,
  };
  return readLog(disk, join(folder, logFile(name)), momentsOf[name]);
}

async function extentUpTo(lines: ReturnType<typeof readLog<number>>, lastMoment: number): Promise<LogExtent> {
  let [byteLength, moment] = [0, -Infinity];
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return { byteLength, moment, damage: value, isCut: value !== undefined };
    if (value.value > lastMoment) break;
    byteLength = value.endByte;
    moment = value.value;
  }
  await lines.return(undefined);
  return { byteLength, moment, damage: undefined, isCut: true };
}

interface Logs {
  readonly extents: Readonly<Record<LogName, LogExtent>>;
  /** Entries from the oldest checkpoint on, and the last one before it. */
  readonly trajectory: readonly TrajectoryEntry[];
  readonly evaluations: readonly Evaluation[];
}

async function readLogs(disk: Disk, folder: string, oldestStep: number): Promise<Logs> {
  const trajectory: TrajectoryEntry[] = [];
  const evaluations: Evaluation[] = [];
  const place = (name: LogName): string => join(folder, logFile(name));
  return {
    extents: {
      contributions: await extentOf(readLog(disk, place('contributions'), contributionsParser()), momentOfJob),
      trajectory: await extentOf(readLog(disk, place('trajectory'), trajectoryParser()), (entry) => {
        if (entry.step <= oldestStep) trajectory.length = 0;
        trajectory.push(entry);
        return commitOf(entry.step);
      }),
      metrics: await extentOf(readLog(disk, place('metrics'), metricsParser()), ({ moment, evaluation }) => {
        if (evaluation !== undefined) evaluations.push(evaluation);
        return moment;
      }),
    },
    trajectory,
    evaluations,
  };
}

async function extentOf<T>(lines: ReturnType<typeof readLog<T>>, momentAfter: (value: T) => number): Promise<LogExtent> {
  let [byteLength, moment] = [0, -Infinity];
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return { byteLength, moment, damage: value, isCut: value !== undefined };
    byteLength = value.endByte;
    moment = momentAfter(value.value);
  }
}

/** Throws RunError where a log does not reach the step that a checkpoint was written after. */
function refuseGap(checkpoint: Checkpoint, { extents, trajectory }: Logs, { keepContributions }: RecoveryRequest): void {
  const { step, chain } = checkpoint;
  const last = trajectory.findLast((entry) => entry.step <= step);
  const names = logNames.filter((name) => name === 'metrics' || (name === 'contributions' && keepContributions));
  const short = names.find((name) => step > 0 && extents[name].moment < commitOf(step));
  const gap = short ?? ((last?.chain ?? chainStart) === chain ? undefined : 'trajectory');
  if (gap === undefined) return;
  const { damage } = extents[gap];
  const found = damage === undefined ? 'lines are missing' : `line ${damage.lineNumber} is damaged (${damage.found})`;
  throw new RunError('run-damaged', `Cannot continue run from step ${step}: ${logFile(gap)} is not whole up to there, ${found}`);
}

function resumeAt(checkpoint: Checkpoint | undefined, { trajectory, evaluations }: Logs): ResumePoint {
  const step = checkpoint?.step ?? 0;
  const later = trajectory.filter((entry) => checkpoint === undefined || entry.step > step);
  return {
    checkpoint,
    evaluations: evaluations.filter((evaluation) => evaluation.step < step),
    recorded: new Map(later.map((entry) => [entry.step, entry.parametersSha256])),
  };
}
