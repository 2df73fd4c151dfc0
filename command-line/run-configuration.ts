// A configuration that is to be run: in a new folder, or with `--resume` where its folder holds the run already.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { manifestName } from '../coordinator/store/index.js';
import { buildPlan, type Registry, type RunConfig } from '../learning/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import type { RunReport } from './report.js';
import { targetOf } from './resume.js';
import { reportOf, runFolder, runToEnd, type RunCommandOptions, type RunCompanion, type ServeOptions } from './run.js';
import { openStoredRun, refuseOtherConfiguration } from './stored-run.js';

/** How a configuration is run, and where. */
export interface RunPlace {
  readonly options: ServeOptions & Pick<RunCommandOptions, 'resume'>;
  /** What the configuration was read with. */
  readonly registry: Registry;
  readonly companion: RunCompanion;
  /** Undefined: a new folder under runs/. */
  readonly out: string | undefined;
}

/** Runs a configuration to its end. Throws RunError where `--resume` meets a run of another configuration. */
export async function runConfiguration(config: RunConfig, { options, registry, companion, out }: RunPlace): Promise<RunReport> {
  if (options.resume && out === undefined) {
    const message = 'Cannot resume: no --out found, the folder of the run wanted (or: starling resume RUN)';
    throw new CommandError('configuration-invalid', exitCodes.usage, message);
  }
  const folder = runFolder(config, out);
  if (!options.resume || !existsSync(join(folder, manifestName))) {
    return runToEnd({ config, plan: buildPlan(config, registry), folder }, { options, companion });
  }
  const stored = await openStoredRun(folder, registry);
  refuseOtherConfiguration(stored, config);
  if (stored.ended !== undefined) return reportOf(stored.ended, stored);
  return runToEnd(targetOf(stored), { options, companion });
}
