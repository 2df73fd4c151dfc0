// starling train [configurations...]: everything on this machine. A coordinator in this process and one local worker process, joined
// by a WebSocket over loopback: the same path that distant workers take.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from './configuration-file.js';
import { CommandError, exitCodes, type ExitCode } from './exit-codes.js';
import { startLocalWorker } from './local-worker.js';
import { describeReports, describeRun, type RunReport } from './report.js';
import {
  defaultConfigurationFile,
  exitCodeOfRun,
  runFolder,
  runToEnd,
  type RunCommandOptions,
  type RunCompanion,
} from './run.js';

/** Options of `starling train`. */
export interface TrainCommandOptions extends RunCommandOptions {
  readonly threads?: number;
}

/** Trains every configuration in turn and compares them; gives the exit code. */
export async function runTrain(files: readonly string[], options: TrainCommandOptions): Promise<ExitCode> {
  const sources = files.length === 0 ? [defaultConfigurationFile] : files;
  // Everything is read before anything is computed.
  const configurations = sources.map((file) => loadConfiguration(file, options.set));
  const names = configurations.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw new CommandError(
      'configuration-invalid',
      exitCodes.usage,
      `Cannot train: two runs named alike (${names.join(', ')}) found, distinct names wanted`,
    );
  }
  const reports: RunReport[] = [];
  for (const config of configurations) {
    const isOnly = configurations.length === 1;
    const out = options.out === undefined || isOnly ? options.out : join(options.out, config.name);
    const folder = runFolder(config, out);
    const threadCount = options.threads ?? availableParallelism();
    if (!options.quiet) {
      const threads = `${threadCount} ${threadCount === 1 ? 'thread' : 'threads'}`;
      process.stderr.write(`${config.name}: ${config.model.name} on ${config.task.name}, seed ${config.seed}, ${threads}\n`);
    }
    const report = await runToEnd(config, folder, { options, companion: localWorker(threadCount) });
    reports.push(report);
    if (!options.quiet) process.stderr.write(`${describeRun(report)}\n\n`);
    if (report.outcome !== 'completed') break;
  }
  print(reports, options, sources);
  const failed = reports.find(({ outcome }) => outcome !== 'completed');
  return failed === undefined ? exitCodes.success : exitCodeOfRun(failed);
}

function localWorker(threadCount: number): RunCompanion {
  return {
    join: (coordinator, display) => {
      if (threadCount === 0) return () => Promise.resolve();
      const worker = startLocalWorker({
        url: coordinator.address,
        threadCount,
        warn: (text) => display.note(`Warning: ${text}`),
        giveUp: (error) => {
          display.note(error.message);
          void coordinator.stop();
        },
      });
      return () => worker.close();
    },
  };
}

function print(reports: readonly RunReport[], { json, set }: TrainCommandOptions, files: readonly string[]): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : { runs: reports })}\n`);
    return;
  }
  process.stdout.write(describeReports(reports));
  if (reports.every(({ outcome }) => outcome === 'completed')) process.stdout.write(nextSteps(files, set));
}

function nextSteps(files: readonly string[], set: readonly string[]): string {
  const file = files[0] ?? '';
  const overrides = set.map((override) => ` --set ${override}`).join('');
  return [
    '',
    'What to try next:',
    `  npx starling train ${file}${overrides} --threads 1     the same bits from one thread: compare the digests`,
    `  npx starling train ${file} --set seed=1 --set model.hidden=16     another seed, a smaller network`,
    `  npx starling coordinator ${file}     and, elsewhere: npx starling worker ws://HOST:7117`,
    '',
  ].join('\n');
}
