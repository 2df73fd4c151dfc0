// Runs the plan, one candidate after the other: nothing else of ours is at work while one is measured.

import { measureCandidate, sourcePath } from './child-process.js';
import { currentLoad, describeMachine } from './machine.js';
import { leftOut, planMeasurements } from './plan.js';
import { findPytorch } from './python.js';
import { recordReport } from './recording.js';
import { formatReport } from './report-text.js';
import type { BenchmarkReport, Measurement } from './report.js';
import { judge } from './verdicts.js';

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
  /** Progress, and at the end the report. */
  readonly log: (text: string) => void;
}

const defaultSeconds = 1.5;
const defaultMicrobatchSize = 64;
/** Of one candidate, whatever it does: a step of the slowest takes several seconds. */
const limitMilliseconds = 120_000;

/** Measures everything that is asked for. What fails is part of the report. */
export async function runBenchmarks(options: BenchmarkOptions): Promise<BenchmarkReport> {
  const { only, record, json, seconds = defaultSeconds, microbatchSize = defaultMicrobatchSize, log } = options;
  const begin = performance.now();
  const machine = describeMachine(commandLine(options));
  const python = findPytorch();
  const planned = choose(planMeasurements({ milliseconds: 1000 * seconds, microbatchSize, python }), only);
  const measurements: Measurement[] = [...choose(leftOut, only)];
  const versions: Record<string, string> = { ...machine.versions };
  if (python === undefined) {
    measurements.push({
      type: 'unavailable',
      name: 'pytorch',
      reason: 'no python3 here can import torch (on Debian: apt install python3-torch libopenblas0-pthread)',
    });
  }
  for (const [index, { name, candidate, read, library }] of planned.entries()) {
    log(`${String(index + 1).padStart(3)} of ${planned.length}  ${name}`);
    try {
      const answer = await measureCandidate(candidate, limitMilliseconds);
      measurements.push(...read(answer));
      if (library !== undefined) versions[library] = (answer as { readonly version: string }).version;
    } catch (error) {
      measurements.push({ type: 'unavailable', name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const circumstances = { ...machine, versions, loadAfter: currentLoad() };
  const report = { circumstances, measurements, verdicts: judge(measurements), seconds: (performance.now() - begin) / 1000 };
  if (!json) log(`\n${formatReport(report)}`);
  if (record) log(`Recorded in ${recordReport(report, sourcePath('results'))}`);
  return report;
}

function choose<T extends { readonly name: string }>(named: readonly T[], only: readonly string[]): readonly T[] {
  if (only.length === 0) return named;
  const parts = only.map((part) => part.toLowerCase());
  return named.filter(({ name }) => name === 'peak strict' || parts.some((part) => name.toLowerCase().includes(part)));
}

function commandLine({ only, record, seconds, microbatchSize }: BenchmarkOptions): string {
  const words = [
    ...only.map((part) => `--only ${part}`),
    ...(record ? ['--record'] : []),
    ...(seconds === undefined ? [] : [`--seconds ${seconds}`]),
    ...(microbatchSize === undefined ? [] : [`--microbatch ${microbatchSize}`]),
  ];
  return ['starling bench', ...words].join(' ');
}
