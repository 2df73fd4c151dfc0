// What lies in a run's folder before anything is computed: which files are whole, and how far the records go.

import { join } from 'node:path';
import { commitOf, evaluationAt, RunError, type Finding, type TrajectoryEntry } from '../coordinator/index.js';
import { sha256 } from '../coordinator/shell/index.js';
import {
  checkpointName,
  folderNames,
  listCheckpoints,
  logFile,
  nodeDisk,
  readCheckpoint,
  readDamagedLog,
  readResult,
  trajectoryParser,
  type CheckpointContext,
} from '../coordinator/store/index.js';
import type { StoredRun } from './stored-run.js';

/** What a survey of a run's folder gives. */
export interface RunSurvey {
  readonly context: CheckpointContext;
  /** Steps of the checkpoints that are whole, the newest first. */
  readonly checkpoints: readonly number[];
  /** Those that do not stand against the trajectory: a verification can begin at them. */
  readonly startSteps: readonly number[];
  /** The last step of which anything is recorded. */
  readonly lastStep: number;
  /** The moment up to which whole logs reach. */
  readonly reach: number;
  /** Content of result.json. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly findings: readonly Finding[];
}

/** Looks through a run's folder; changes nothing. */
export async function surveyRun(stored: StoredRun): Promise<RunSurvey> {
  const { folder, manifest, plan } = stored;
  const context = { runId: manifest.run, plan, programs: manifest.programs };
  const findings = await damagedPrograms(stored);
  const [checkpoints, startSteps]: [number[], number[]] = [[], []];
  const steps = await listCheckpoints(nodeDisk, folder);
  const trajectory = await surveyTrajectory(folder, new Set(steps));
  for (const step of steps) {
    try {
      const { parametersSha256, chain } = await readCheckpoint(nodeDisk, folder, { step, context });
      checkpoints.push(step);
      const entry = trajectory.entries.get(step);
      if (entry === undefined || (entry.parametersSha256 === parametersSha256 && entry.chain === chain)) startSteps.push(step);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      // A coordinator at work removes old checkpoints meanwhile.
      if ((await listCheckpoints(nodeDisk, folder)).includes(step)) findings.push(damagedCheckpoint(step, error));
    }
  }
  const result = await readResult(nodeDisk, folder);
  if (result === undefined && (await nodeDisk.read(join(folder, folderNames.result))) !== undefined) {
    const file = folderNames.result;
    const [found, wanted] = ['text that is no JSON object', 'what was written'];
    findings.push({
      type: 'damaged-file',
      step: trajectory.lastStep,
      file,
      found,
      wanted,
      message: `${file} is damaged: ${found}`,
    });
  }
  const endStep = typeof result?.['steps'] === 'number' ? result['steps'] : 0;
  const lastCheckpoint = Math.max(0, ...checkpoints);
  const reach = result?.['outcome'] === 'completed' ? evaluationAt(endStep) : commitOf(Math.max(endStep, lastCheckpoint));
  return { context, checkpoints, startSteps, lastStep: Math.max(trajectory.lastStep, lastCheckpoint), reach, result, findings };
}

async function damagedPrograms({ folder, manifest }: StoredRun): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const digest of Object.values(manifest.programs)) {
    const file = `${folderNames.programs}/${digest}.json`;
    const bytes = await nodeDisk.read(join(folder, file));
    const found = bytes === undefined ? 'no file' : sha256(bytes);
    if (found === digest) continue;
    const message = bytes === undefined ? `${file} is missing` : `${file} is damaged: its content has another digest`;
    findings.push({ type: 'damaged-file', step: 0, file, found, wanted: digest, message });
  }
  return findings;
}

function damagedCheckpoint(step: number, { message }: RunError): Finding {
  const file = `${folderNames.checkpoints}/${checkpointName(step)}`;
  const found = message.slice(message.indexOf(': ') + 2);
  return { type: 'damaged-checkpoint', step, file, found, wanted: 'what was written', message: `${file} is damaged: ${found}` };
}

/** The last step of a trajectory, and its entries at some steps. */
async function surveyTrajectory(
  folder: string,
  steps: ReadonlySet<number>,
): Promise<{ readonly lastStep: number; readonly entries: ReadonlyMap<number, TrajectoryEntry> }> {
  const entries = new Map<number, TrajectoryEntry>();
  let lastStep = 0;
  for await (const line of readDamagedLog(nodeDisk, join(folder, logFile('trajectory')), trajectoryParser())) {
    if ('found' in line) continue;
    lastStep = line.value.step;
    if (steps.has(lastStep)) entries.set(lastStep, line.value);
  }
  return { lastStep, entries };
}
