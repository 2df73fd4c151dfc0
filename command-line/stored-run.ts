// A run that lies in a folder: what it is, and how it ended if it has.

import { resolve } from 'node:path';
import { RunError } from '../coordinator/index.js';
import { programsOf, type RunResult } from '../coordinator/shell/index.js';
import { nodeDisk, readManifest, readResult, type RunManifest } from '../coordinator/store/index.js';
import { buildPlan, type RunConfig, type TrainingPlan } from '../learning/index.js';
import { configurationDifferences, describeDifference } from './configuration-differences.js';

/** A run in a folder. */
export interface StoredRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  /** Undefined where the run has not ended, or was stopped before its end. */
  readonly ended: RunResult | undefined;
}

/** Reads what a folder's run is. Throws RunError where there is none or where this version would compute another one. */
export async function openStoredRun(path: string): Promise<StoredRun> {
  const folder = resolve(path);
  const manifest = await readManifest(nodeDisk, folder);
  const config = manifest.configuration;
  const plan = buildPlan(config);
  const { digests } = programsOf(plan);
  for (const role of ['train', 'evaluate', 'update'] as const) {
    const [found, wanted] = [digests[role], manifest.programs[role]];
    if (found === wanted) continue;
    const difference = `this version builds ${role} program ${found.slice(0, 12)}…, the run's is ${wanted.slice(0, 12)}…`;
    throw new RunError(
      'run-version',
      `Cannot read run ${folder}: ${difference}; the version that wrote it (${manifest.software}) is wanted`,
    );
  }
  const result = (await readResult(nodeDisk, folder)) as RunResult | undefined;
  const isEnded = result?.outcome === 'completed' || result?.outcome === 'diverged';
  return { folder, manifest, config, plan, ended: isEnded ? { ...result, folder } : undefined };
}

/** Throws RunError with code `run-different` where a folder's run has another configuration. */
export function refuseOtherConfiguration({ folder, config }: StoredRun, wanted: RunConfig): void {
  const [first, ...others] = configurationDifferences(config, wanted);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new RunError('run-different', `Cannot continue run ${folder}: ${describeDifference(first, ['found', 'wanted'])}${more}`);
}
