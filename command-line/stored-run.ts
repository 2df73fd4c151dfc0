// A run that lies in a folder: what it is, and how it ended if it has.

import { resolve } from 'node:path';
import { RunError } from '../coordinator/index.js';
import { programsOf, type RunResult } from '../coordinator/shell/index.js';
import { nodeDisk, readManifest, readResult, type RunManifest } from '../coordinator/store/index.js';
import {
  buildPlan,
  ConfigurationError,
  parseRunConfig,
  PluginError,
  type Registry,
  type RunConfig,
  type TrainingPlan,
} from '../learning/index.js';
import { configurationDifferences, describeDifference } from './configuration-differences.js';
import { comparePlugins, describeChange, type ChangedPlugin } from './stored-plugins.js';

/** A run in a folder. */
export interface StoredRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  /** Undefined where the run has not ended, or was stopped before its end. */
  readonly ended: RunResult | undefined;
}

/**
 * Reads what a folder's run is. Throws RunError where there is none or where this version would compute another one, PluginError
 * where a plugin of it was not named or would compute another one. A plugin that has changed and computes the same is warned of.
 */
export async function openStoredRun(path: string, registry: Registry): Promise<StoredRun> {
  const folder = resolve(path);
  let changed: readonly ChangedPlugin[] = [];
  const manifest = await readManifest(nodeDisk, folder, (raw, plugins) => {
    changed = comparePlugins(folder, plugins, registry);
    return readConfiguration(raw, { folder, registry, changed });
  });
  const config = manifest.configuration;
  const plan = buildPlan(config, registry);
  const { digests } = programsOf(plan);
  const recorded: Readonly<Record<string, string>> = manifest.programs;
  for (const [role, found] of Object.entries(digests)) {
    const wanted = recorded[role] ?? 'none';
    if (found === wanted) continue;
    const difference = `${role} program ${found.slice(0, 12)}…, the run's is ${wanted.slice(0, 12)}…`;
    const [change] = changed;
    if (change !== undefined) {
      const message = `Cannot read run ${folder}: plugin ${change.found.name} now gives ${difference}; ${describeChange(change)}`;
      throw new PluginError('plugin-different', message);
    }
    const origin = [
      'the version that wrote it',
      ...(manifest.plugins ?? []).map(({ name }) => `plugin ${name} with all that it imports`),
    ];
    throw new RunError(
      'run-version',
      `Cannot read run ${folder}: this version builds ${difference}; ${origin.join(' and ')} (${manifest.software}) is wanted`,
    );
  }
  for (const change of changed) {
    process.stderr.write(`Warning: ${describeChange(change)}. It gives the same programs, so the run stays what it is.\n`);
  }
  const result = (await readResult(nodeDisk, folder)) as RunResult | undefined;
  const isEnded = result?.outcome === 'completed' || result?.outcome === 'diverged';
  return { folder, manifest, config, plan, ended: isEnded ? { ...result, folder } : undefined };
}

interface ReadingContext {
  readonly folder: string;
  readonly registry: Registry;
  readonly changed: readonly ChangedPlugin[];
}

/** The recorded configuration, which a plugin that has changed may no longer accept. */
function readConfiguration(raw: unknown, { folder, registry, changed }: ReadingContext): RunConfig {
  const [change] = changed;
  try {
    return parseRunConfig(raw, registry.schema);
  } catch (error) {
    if (change === undefined || !(error instanceof ConfigurationError)) throw error;
    const message = `Cannot read run ${folder}: ${error.message}; ${describeChange(change)}`;
    throw new PluginError('plugin-different', message, { cause: error });
  }
}

/** Throws RunError with code `run-different` where a folder's run has another configuration. */
export function refuseOtherConfiguration({ folder, config }: StoredRun, wanted: RunConfig): void {
  const [first, ...others] = configurationDifferences(config, wanted);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new RunError('run-different', `Cannot continue run ${folder}: ${describeDifference(first, ['found', 'wanted'])}${more}`);
}
