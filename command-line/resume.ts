// starling resume RUN: continues a run that was interrupted, from its newest checkpoint. The bits are those of a run that never was.

import { nodeDisk, readSession } from '../coordinator/store/index.js';
import type { DeviceName } from '../node-worker/index.js';
import { announcement, localWorker } from './companions.js';
import type { ExitCode } from './exit-codes.js';
import { describeReports, describeRun } from './report.js';
import { exitCodeOfRun, reportOf, runToEnd, type RunCompanion, type RunTarget, type ServeOptions } from './run.js';
import { openStoredRun, type StoredRun } from './stored-run.js';
import { defaultThreadCount } from './worker.js';

/** Options of `starling resume`. */
export interface ResumeCommandOptions extends Omit<ServeOptions, 'host' | 'port'> {
  readonly host?: string;
  readonly port?: number;
  readonly threads?: number;
  readonly device: DeviceName;
}

/** The target that continues a run. */
export function targetOf({ folder, manifest, config, plan }: StoredRun): RunTarget {
  return { config, plan, folder, resume: { run: manifest.run } };
}

/** Continues a run to its end; gives the exit code. */
export async function runResume(path: string, options: ResumeCommandOptions): Promise<ExitCode> {
  const stored = await openStoredRun(path);
  const { ended, config, plan, folder } = stored;
  const session = await readSession(nodeDisk, folder);
  // Where it listened before: workers that were there come back by themselves.
  const address = { host: options.host ?? session?.host ?? '127.0.0.1', port: options.port ?? session?.port ?? 0 };
  const threadCount = options.threads ?? defaultThreadCount(options.device);
  if (ended !== undefined && !options.quiet) process.stderr.write('Nothing is left to do: the run has ended.\n');
  const report =
    ended === undefined
      ? await runToEnd(targetOf(stored), { options: { ...options, ...address }, companion: companionFor(threadCount, options) })
      : reportOf(ended, { config, plan });
  if (!options.quiet) process.stderr.write(`${describeRun(report)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReports([report]));
  return exitCodeOfRun(report);
}

function companionFor(threadCount: number, { device, quiet }: ResumeCommandOptions): RunCompanion {
  if (threadCount === 0) return announcement;
  const worker = localWorker({ device, threadCount });
  return {
    join: (coordinator, display) => {
      if (!quiet) process.stderr.write(`Workers elsewhere join, or come back by themselves, at ${coordinator.address}\n`);
      return worker.join(coordinator, display);
    },
  };
}
