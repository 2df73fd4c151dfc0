// Runs the plan, one candidate after the other: nothing else of ours is at work while one is measured.

import { measureCandidate, sourcePath } from './child-process.js';
import { currentLoad, describeMachine } from './machine.js';
import { absentPeers, defaultBatches, planGpuMeasurements } from './gpu-plan.js';
import { leftOut, planMeasurements } from './plan.js';
import type { PlannedMeasurement } from './planned-measurement.js';
import { findJaxOnGpu, findPytorch, findPytorchOnGpu } from './python.js';
import { recordReport } from './recording.js';
import { formatReport } from './report-text.js';
import type { BenchmarkReport, Measurement, Unavailable, Verdict } from './report.js';
import { judge, judgeGpu } from './verdicts.js';

/** What to measure, and what to do with it. */
export interface BenchmarkOptions {
  /** Parts of names: only what has one of them in its name, whatever the case, and the strict peak. Empty: everything. */
  readonly only: readonly string[];
  /** Writes the report to benchmarks/results/. */
  readonly record: boolean;
  /** The report is for a program: its text is not printed. */
  readonly json: boolean;
  /** Of measuring, for each candidate. */
  readonly seconds?: number;
  readonly microbatchSize?: number;
  /** Measures the GPU, and nothing else. */
  readonly gpu?: boolean;
  /** Sequences of a step on the GPU; several are measured one after the other. */
  readonly batches?: readonly number[];
  /** Progress, and at the end the report. */
  readonly log: (text: string) => void;
}

const defaultSeconds = 1.5;
const defaultMicrobatchSize = 64;
/** Of one candidate, whatever it does: a step of the slowest takes several seconds, and compilers for GPUs take minutes. */
const limits = { processorMilliseconds: 120_000, gpuMilliseconds: 900_000 } as const;

/** What is to be measured, what is known not to be here, and who judges it. */
interface Programme {
  readonly planned: readonly PlannedMeasurement[];
  readonly missing: readonly Unavailable[];
  readonly judge: (measurements: readonly Measurement[]) => readonly Verdict[];
  readonly limitMilliseconds: number;
}

function programmeOf({ gpu = false, seconds = defaultSeconds, ...options }: BenchmarkOptions): Programme {
  const milliseconds = 1000 * seconds;
  if (gpu) {
    const { batches = defaultBatches } = options;
    const plan = { milliseconds, batches, pytorch: findPytorchOnGpu(), jax: findJaxOnGpu() };
    return {
      planned: planGpuMeasurements(plan),
      missing: absentPeers(plan),
      judge: judgeGpu,
      limitMilliseconds: limits.gpuMilliseconds,
    };
  }
  const { microbatchSize = defaultMicrobatchSize } = options;
  const python = findPytorch();
  const reason = 'no python3 here can import torch (on Debian: apt install python3-torch libopenblas0-pthread)';
  const missing: readonly Unavailable[] = python === undefined ? [{ type: 'unavailable', name: 'pytorch', reason }] : [];
  const planned = planMeasurements({ milliseconds, microbatchSize, python });
  return {
    planned,
    missing: [...choose(leftOut, options.only), ...missing],
    judge,
    limitMilliseconds: limits.processorMilliseconds,
  };
}

/** Measures everything that is asked for. What fails is part of the report. */
export async function runBenchmarks(options: BenchmarkOptions): Promise<BenchmarkReport> {
  const { only, record, json, log } = options;
  const begin = performance.now();
  const machine = describeMachine(commandLine(options));
  const programme = programmeOf(options);
  const planned = choose(programme.planned, only);
  const measurements: Measurement[] = [...programme.missing];
  const versions: Record<string, string> = { ...machine.versions };
  for (const [index, { name, candidate, read, library }] of planned.entries()) {
    log(`${String(index + 1).padStart(3)} of ${planned.length}  ${name}`);
    try {
      const answer = await measureCandidate(candidate, programme.limitMilliseconds);
      measurements.push(...read(answer));
      if (library !== undefined) versions[library] = (answer as { readonly version: string }).version;
    } catch (error) {
      measurements.push({ type: 'unavailable', name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const circumstances = { ...machine, versions, loadAfter: currentLoad() };
  const report = {
    circumstances,
    measurements,
    verdicts: programme.judge(measurements),
    seconds: (performance.now() - begin) / 1000,
  };
  if (!json) log(`\n${formatReport(report)}`);
  if (record) log(`Recorded in ${recordReport(report, sourcePath('results'))}`);
  return report;
}

function choose<T extends { readonly name: string }>(named: readonly T[], only: readonly string[]): readonly T[] {
  if (only.length === 0) return named;
  const parts = only.map((part) => part.toLowerCase());
  return named.filter(
    ({ name }) => name === 'peak strict' || name === 'gpu proof' || parts.some((part) => name.toLowerCase().includes(part)),
  );
}

function commandLine({ only, record, seconds, microbatchSize, gpu, batches }: BenchmarkOptions): string {
  const words = [
    ...(gpu === true ? ['--gpu'] : []),
    ...(batches === undefined ? [] : [`--batches ${batches.join(',')}`]),
    ...only.map((part) => `--only ${part}`),
    ...(record ? ['--record'] : []),
    ...(seconds === undefined ? [] : [`--seconds ${seconds}`]),
    ...(microbatchSize === undefined ? [] : [`--microbatch ${microbatchSize}`]),
  ];
  return ['starling bench', ...words].join(' ');
}
