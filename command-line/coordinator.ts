// starling coordinator [configuration]: the server alone; workers join it.

import { loadConfiguration } from './configuration-file.js';
import type { ExitCode } from './exit-codes.js';
import { describeReports, describeRun } from './report.js';
import { announcement } from './companions.js';
import { loadRegistry } from './plugins.js';
import { defaultConfigurationFile, exitCodeOfRun, type RunCommandOptions } from './run.js';
import { runConfiguration } from './run-configuration.js';

/** Options of `starling coordinator`. */
export type CoordinatorCommandOptions = RunCommandOptions;

/** Serves a run until it is done; gives the exit code. */
export async function runCoordinator(file: string | undefined, options: CoordinatorCommandOptions): Promise<ExitCode> {
  const registry = await loadRegistry(options);
  const config = loadConfiguration(file ?? defaultConfigurationFile, { overrides: options.set, schema: registry.schema });
  const report = await runConfiguration(config, { options, registry, companion: announcement, out: options.out });
  if (!options.quiet) process.stderr.write(`${describeRun(report, options.plugin)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReports([report]));
  return exitCodeOfRun(report);
}
