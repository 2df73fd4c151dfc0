// The report of an experiment as data: findings, and the runs and the machine that they stand on.

import type { Circumstances, ExperimentName, MeasuredRun } from './experiment.js';
import type { Findings } from './findings.js';

/** How much of a study there is. */
export interface StudyState {
  readonly name: string;
  readonly file: string;
  readonly runCount: number;
  readonly completedCount: number;
  /** Runs that have not ended, and how far they are. */
  readonly unfinished: readonly { readonly name: string; readonly step: number; readonly stepCount: number }[];
}

/** A report of an experiment. */
export interface ExperimentReport extends Findings, Circumstances {
  readonly experiment: ExperimentName;
  readonly title: string;
  /** Shorter runs than the paper's, to have a first look. */
  readonly isQuick: boolean;
  readonly studies: readonly StudyState[];
  readonly runs: readonly MeasuredRun<unknown>[];
}

/** What is said at the top of every output of a quick report. */
export const quickNotice =
  'QUICK: short runs of few seeds, to see that everything works; their numbers are not results, and verdicts are of these runs alone.';

/** Where and when the runs of a report were measured, in words. */
export function describeCircumstances({ software, machine, time, runs }: ExperimentReport): string {
  const earlier = new Map<string, number>();
  for (const { recorded } of runs) {
    if (recorded === undefined) continue;
    const words = `by ${recorded.software} on ${recorded.machine}, ${recorded.time}`;
    earlier.set(words, (earlier.get(words) ?? 0) + 1);
  }
  const taken = [...earlier].map(([words, count]) => ` ${count} of the ${runs.length} runs are as recorded ${words}.`);
  return `Measured by ${software} on ${machine}, ${time}.${taken.join('')}`;
}

/** A name of a file for a figure. */
export function figureFile(title: string): string {
  const words = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${words.replaceAll(/^-|-$/g, '')}.svg`;
}

/** How a study stands, in words. */
export function describeStudy({ name, runCount, completedCount, unfinished }: StudyState): string {
  const missing = runCount - completedCount - unfinished.length;
  const parts = [
    `${completedCount} of ${runCount} runs ended`,
    ...unfinished.map(
      ({ name: run, step, stepCount }) =>
        `${run} at step ${step.toLocaleString('en-US')} of ${stepCount.toLocaleString('en-US')}, not in the table`,
    ),
    ...(missing > 0 ? [`${missing} not run`] : []),
  ];
  return `${name}: ${parts.join('; ')}`;
}
