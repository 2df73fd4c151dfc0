// starling bench: the benchmarks, against peers and peaks.

import { exitCodes, type ExitCode } from './exit-codes.js';

/** Options of `starling bench`. */
export interface BenchCommandOptions {
  readonly only: readonly string[];
  readonly record: boolean;
  readonly gpu: boolean;
  readonly study: boolean;
  readonly batches?: readonly number[];
  readonly json: boolean;
}

/** Runs the benchmarks and prints their table; gives the exit code. */
export async function runBench(options: BenchCommandOptions): Promise<ExitCode> {
  // Loaded only here: peers and harness are not needed for anything else.
  const { runBenchmarks, measureStudy, formatStudyBenchmark, recordStudyBenchmark, resultsFolder } =
    await import('../benchmarks/index.js');
  const log = (text: string) => void process.stderr.write(`${text}\n`);
  if (options.study) {
    const found = await measureStudy({ log });
    process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : formatStudyBenchmark(found));
    if (options.record) log(`Recorded in ${recordStudyBenchmark(found, resultsFolder)}`);
    return exitCodes.success;
  }
  const report = await runBenchmarks({ ...options, log });
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return exitCodes.success;
}
