// How long a step of a run takes, by its records. Steps of a segment are committed together, and so their records have one time.

import { median } from './statistics.js';

/** A step's record, as in `metrics.jsonl`. */
interface StepRecord {
  readonly type: string;
  /** ISO 8601, to the millisecond. */
  readonly time: string;
}

/** What a step took in the fastest window. */
export interface StepTime {
  readonly milliseconds: number;
  /** Steps that were committed together: the median of the run's later half. */
  readonly stepsAtOnce: number;
}

/** Where and how to look. */
export interface StepTimeOptions {
  /** Steps of a window, at least: a record's time is in whole milliseconds. A window ends with all that was committed together. */
  readonly windowSteps: number;
  /** Records that are not so far apart were committed together: less than a step takes, and more than it takes to write a segment's. */
  readonly apartMilliseconds: number;
}

interface Commit {
  readonly time: number;
  readonly stepCount: number;
}

/** The fastest window of a run's later half; the first one warms the engine up. Throws where there is none. */
export function stepTimeOf(metrics: string, { windowSteps, apartMilliseconds }: StepTimeOptions): StepTime {
  const commits = commitsOf(metrics, apartMilliseconds);
  const stepCount = sum(commits);
  let seen = 0;
  const late = commits.filter((commit) => (seen += commit.stepCount) >= stepCount / 2);
  const windows = late.flatMap(({ time }, index) => {
    const window = windowFrom(late.slice(index + 1), windowSteps);
    return window === undefined ? [] : [(window.time - time) / window.stepCount];
  });
  if (windows.length === 0) {
    throw new Error(
      `Cannot measure steps: ${sum(late)} in ${late.length} commits found, at least ${windowSteps} after a first one wanted`,
    );
  }
  return { milliseconds: Math.min(...windows), stepsAtOnce: median(late.map((commit) => commit.stepCount)) };
}

function commitsOf(metrics: string, apartMilliseconds: number): readonly Commit[] {
  const commits: Commit[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const line of metrics.trim().split('\n')) {
    const { type, time: text } = JSON.parse(line) as StepRecord;
    if (type !== 'step') continue;
    const time = Date.parse(text);
    const open = time - last < apartMilliseconds ? commits.pop() : undefined;
    commits.push({ time: open?.time ?? time, stepCount: (open?.stepCount ?? 0) + 1 });
    last = time;
  }
  return commits;
}

/** As many commits as have so many steps; its time is the last one's. */
function windowFrom(commits: readonly Commit[], windowSteps: number): Commit | undefined {
  let stepCount = 0;
  for (const commit of commits) {
    stepCount += commit.stepCount;
    if (stepCount >= windowSteps) return { time: commit.time, stepCount };
  }
  return undefined;
}

const sum = (commits: readonly Commit[]): number => commits.reduce((total, { stepCount }) => total + stepCount, 0);
