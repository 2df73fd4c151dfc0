// starling train [configurations...]: everything on this machine. A coordinator in this process and one local worker process, joined
// by a WebSocket over loopback: the same path that distant workers take.

import { join } from 'node:path';
import type { DeviceName } from '../node-worker/index.js';
import { loadConfiguration } from './configuration-file.js';
import { localWorker } from './companions.js';
import { CommandError, exitCodes, type ExitCode } from './exit-codes.js';
import { loadRegistry } from './plugins.js';
import { describeReports, describeRun, pluginWords, type RunReport } from './report.js';
import { defaultConfigurationFile, exitCodeOfRun, type RunCommandOptions } from './run.js';
import { runConfiguration } from './run-configuration.js';
import { defaultThreadCount } from './worker.js';

/** Options of `starling train`. */
export interface TrainCommandOptions extends RunCommandOptions {
  readonly threads?: number;
  readonly device: DeviceName;
}

/** Trains every configuration in turn and compares them; gives the exit code. */
export async function runTrain(files: readonly string[], options: TrainCommandOptions): Promise<ExitCode> {
  const sources = files.length === 0 ? [defaultConfigurationFile] : files;
  // Everything is read before anything is computed.
  const registry = await loadRegistry(options);
  const { schema } = registry;
  const configurations = sources.map((file) => loadConfiguration(file, { overrides: options.set, schema }));
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
    const threadCount = options.threads ?? defaultThreadCount(options.device);
    if (!options.quiet) {
      const threads = `${threadCount} ${threadCount === 1 ? 'thread' : 'threads'}`;
      const means = options.device === 'wasm' ? threads : `${options.device}, ${threads}`;
      process.stderr.write(`${config.name}: ${config.model.name} on ${config.task.name}, seed ${config.seed}, ${means}\n`);
    }
    const report = await runConfiguration(config, {
      options,
      registry,
      companion: localWorker({ device: options.device, threadCount }),
      out,
    });
    reports.push(report);
    if (!options.quiet) process.stderr.write(`${describeRun(report, options.plugin)}\n\n`);
    if (report.outcome !== 'completed') break;
  }
  print(reports, options, sources);
  const failed = reports.find(({ outcome }) => outcome !== 'completed');
  return failed === undefined ? exitCodes.success : exitCodeOfRun(failed);
}

function print(reports: readonly RunReport[], { json, set, plugin }: TrainCommandOptions, files: readonly string[]): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : { runs: reports })}\n`);
    return;
  }
  process.stdout.write(describeReports(reports));
  if (reports.every(({ outcome }) => outcome === 'completed')) process.stdout.write(nextSteps(files, { set, plugin }));
}

function nextSteps(files: readonly string[], { set, plugin }: Pick<TrainCommandOptions, 'set' | 'plugin'>): string {
  const file = `${files[0] ?? ''}${pluginWords(plugin)}`;
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
