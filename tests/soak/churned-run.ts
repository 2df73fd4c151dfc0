// Part one: a run under workers that come and go, watched from outside, stopped after a while, and computed again in parts.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chanceFrom } from '../integration/chance.js';
import { configurationOf, temporaryFolder, writeConfiguration } from '../integration/configurations.js';
import { serve, statusOf } from '../integration/served-run.js';
import { Churn, type ChurnCounts } from './churn.js';
import type { MemoryReport } from './memory-report.js';
import { recompute } from './recomputation.js';
import { descriptorsOf, type Sample } from './samples.js';
import { churnVerdicts, recomputationVerdict, type Verdict } from './verdicts.js';

/** What part one shows. */
export interface ChurnedRun {
  readonly samples: readonly Sample[];
  readonly counts: ChurnCounts;
  readonly steps: number;
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
  readonly verdicts: readonly Verdict[];
}

const sampleMilliseconds = 3000;
const stepsPerPart = 40;
const megabyte = 2 ** 20;
const portions = { steps: 100_000_000, microbatches: 16, microbatchSize: 128 };
const training = { checkpointEvery: 100, keepCheckpointEvery: 5000 };

/** Runs for so many minutes. */
export async function runUnderChurn(minutes: number, seed: number, say: (text: string) => void): Promise<ChurnedRun> {
  const folder = temporaryFolder();
  const run = join(folder, 'run');
  const config = configurationOf('gated-rnn', portions, training);
  let memory: MemoryReport = { rss: NaN, heapUsed: NaN, external: NaN, processorMicroseconds: NaN };
  const surroundings = {
    preload: fileURLToPath(new URL('./memory-report.js', import.meta.url)),
    onMessage: (message: unknown) => void (memory = message as MemoryReport),
  };
  const { command, address } = await serve(
    ['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', run, '--json', '--quiet'],
    surroundings,
  );
  const abort = new AbortController();
  const churn = new Churn({ address, chance: chanceFrom(seed), signal: abort.signal });
  const churned = churn.run();
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const elapsedMinutes = (): number => (performance.now() - startedAt) / 60_000;
  while (elapsedMinutes() < minutes && command.process.exitCode === null) {
    await pause(sampleMilliseconds);
    const status = await statusOf(address);
    if (status === undefined) continue;
    const before = samples.at(-1);
    const sample = sampleOf(elapsedMinutes(), { status, memory, before, processId: command.process.pid ?? 0 });
    samples.push(sample);
    if (samples.length % 10 === 0) {
      say(
        `${sample.minutes.toFixed(1)} min: step ${sample.step}, ${sample.rssMegabytes.toFixed(0)} MB, ${sample.workers} workers`,
      );
    }
  }
  command.process.kill('SIGINT');
  const { stdout, stderr } = await command.finished;
  abort.abort();
  await churned;
  if (stdout === '') throw new Error(`Cannot judge run: the coordinator ended early\n${stderr}`);
  const { steps, reissuedLeases, droppedContributions } = JSON.parse(stdout) as ChurnedRun;
  say(`${steps} steps; computing parts of them again`);
  const verdicts = [...churnVerdicts(samples, minutes), recomputationVerdict(await recompute(run, stepsPerPart))];
  rmSync(folder, { recursive: true });
  return { samples, counts: churn.counts, steps, reissuedLeases, droppedContributions, verdicts };
}

function sampleOf(
  minutes: number,
  {
    status,
    memory,
    before,
    processId,
  }: {
    readonly status: { readonly step: number; readonly workers: readonly unknown[] };
    readonly memory: MemoryReport;
    readonly before: Sample | undefined;
    readonly processId: number;
  },
): Sample {
  const { step, workers } = status;
  const stepCount = step - (before?.step ?? 0);
  return {
    minutes,
    step,
    millisecondsPerStep: stepCount > 0 ? (60_000 * (minutes - (before?.minutes ?? 0))) / stepCount : undefined,
    rssMegabytes: memory.rss / megabyte,
    heapMegabytes: memory.heapUsed / megabyte,
    descriptors: descriptorsOf(processId),
    workers: workers.length,
  };
}
