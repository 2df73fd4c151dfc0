// starling coordinator [configuration]: the server alone; workers join it.

import { loadConfiguration } from './configuration-file.js';
import type { ExitCode } from './exit-codes.js';
import { describeReports, describeRun } from './report.js';
import {
  defaultConfigurationFile,
  exitCodeOfRun,
  runFolder,
  runToEnd,
  type RunCommandOptions,
  type RunCompanion,
} from './run.js';

/** Options of `starling coordinator`. */
export type CoordinatorCommandOptions = RunCommandOptions;

/** Serves a run until it is done; gives the exit code. */
export async function runCoordinator(file: string | undefined, options: CoordinatorCommandOptions): Promise<ExitCode> {
  const config = loadConfiguration(file ?? defaultConfigurationFile, options.set);
  const folder = runFolder(config, options.out);
  const report = await runToEnd(config, folder, { options, companion: announcement });
  if (!options.quiet) process.stderr.write(`${describeRun(report)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReports([report]));
  return exitCodeOfRun(report);
}

const announcement: RunCompanion = {
  join: ({ address }) => {
    const page = address.replace(/^ws/, 'http');
    process.stderr.write(
      [
        `Waiting for workers. Headless ones join with:  npx starling worker ${address}`,
        `State of the run:  ${page}status    Volunteer tabs at ${page} are coming.`,
        '',
      ].join('\n'),
    );
    return () => Promise.resolve();
  },
};
