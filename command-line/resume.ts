// starling resume RUN: continues a run that was interrupted, from its newest checkpoint. The bits are those of a run that never was.

import { nodeDisk, readSession, type RunSession } from '../coordinator/store/index.js';
import type { DeviceName } from '../node-worker/index.js';
import { announcement, localWorker } from './companions.js';
import type { ExitCode } from './exit-codes.js';
import { describeReports, describeRun } from './report.js';
import { loadRegistry, type PluginCommandOptions } from './plugins.js';
import { exitCodeOfRun, reportOf, runToEnd, type RunCompanion, type RunTarget, type ServeOptions } from './run.js';
import type { ReachOptions } from './serve-options.js';
import { openStoredRun, type StoredRun } from './stored-run.js';
import { defaultThreadCount } from './worker.js';

/** Options of `starling resume`. */
export interface ResumeCommandOptions extends Omit<ServeOptions, 'host' | 'port'>, PluginCommandOptions {
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
  const stored = await openStoredRun(path, await loadRegistry(options));
  const { ended, config, plan, folder } = stored;
  const session = await readSession(nodeDisk, folder);
  // Where it listened before: workers that were there come back by themselves.
  const address = { host: options.host ?? session?.host ?? '127.0.0.1', port: options.port ?? session?.port ?? 0 };
  const reach = { ...servedBefore(session), ...options };
  if (session?.isSecure === true && options.tlsCert === undefined && ended === undefined) {
    process.stderr.write(
      'Warning: the run was served over TLS; workers come back by themselves only with --tls-cert and --tls-key.\n',
    );
  }
  const threadCount = options.threads ?? defaultThreadCount(options.device);
  if (ended !== undefined && !options.quiet) process.stderr.write('Nothing is left to do: the run has ended.\n');
  const report =
    ended === undefined
      ? await runToEnd(targetOf(stored), { options: { ...reach, ...address }, companion: companionFor(threadCount, options) })
      : reportOf(ended, { config, plan });
  if (!options.quiet) process.stderr.write(`${describeRun(report, options.plugin)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReports([report]));
  return exitCodeOfRun(report);
}

/** What the run's last coordinator said of itself; tokens, certificate and key are not kept there. */
function servedBefore(session: RunSession | undefined): ReachOptions {
  if (session === undefined) return {};
  const { publicUrl, isProxyTrusted, operator, contact } = session;
  return {
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(isProxyTrusted === undefined ? {} : { trustProxy: isProxyTrusted }),
    ...(operator === undefined ? {} : { operator }),
    ...(contact === undefined ? {} : { contact }),
  };
}

function companionFor(threadCount: number, { device, quiet }: ResumeCommandOptions): RunCompanion {
  if (threadCount === 0) return announcement;
  const worker = localWorker({ device, threadCount });
  return {
    join: (served) => {
      if (!quiet) process.stderr.write(`Workers elsewhere join, or come back by themselves, at ${served.coordinator.address}\n`);
      return worker.join(served);
    },
  };
}
