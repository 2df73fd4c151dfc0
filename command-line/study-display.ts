// What a person sees while a study goes on: a bar over all of its steps on a terminal, plain lines elsewhere.

import { Presets, SingleBar } from 'cli-progress';
import type { StudyStatus } from '../coordinator/shell/index.js';
import { formatDuration } from './format.js';
import type { DisplayOptions } from './progress.js';

/** Shows a study's progress. */
export interface StudyDisplay {
  update(status: StudyStatus): void;
  /** A line that stays. */
  note(text: string): void;
  close(): void;
}

const plainLineMilliseconds = 5000;

/** The display that suits the stream. */
export function createStudyDisplay({ stream, quiet, now }: DisplayOptions): StudyDisplay {
  if (quiet) return { update: () => undefined, note: () => undefined, close: () => undefined };
  return stream.isTTY ? barDisplay(stream) : lineDisplay(stream, now);
}

interface Standing {
  readonly done: number;
  readonly running: number;
  readonly runCount: number;
  readonly steps: number;
  readonly stepCount: number;
  readonly workers: string;
  readonly left: string;
}

function standingOf({ runs, workerCount, secondsLeft }: StudyStatus): Standing {
  const count = (isCounted: (state: string) => boolean): number => runs.filter(({ state }) => isCounted(state)).length;
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
  return {
    done: count((state) => state !== 'running' && state !== 'waiting'),
    running: runs.filter(({ state, workers }) => state === 'running' && workers > 0).length,
    runCount: runs.length,
    // A run that has diverged has nothing left to do.
    steps: total(runs.map(({ state, step, stepCount }) => (state === 'diverged' ? stepCount : step))),
    stepCount: total(runs.map(({ stepCount }) => stepCount)),
    workers: `${workerCount} ${workerCount === 1 ? 'worker' : 'workers'}`,
    left: secondsLeft === null ? '' : `about ${formatDuration(secondsLeft)} left`,
  };
}

function lineDisplay(stream: NodeJS.WriteStream, now: () => number): StudyDisplay {
  let last = now();
  return {
    update: (status) => {
      if (now() - last < plainLineMilliseconds) return;
      last = now();
      const { done, running, runCount, steps, stepCount, workers, left } = standingOf(status);
      const share = `${((100 * steps) / Math.max(1, stepCount)).toFixed(1)} % of all steps`;
      stream.write(`${done} of ${runCount} runs done, ${running} under way, ${share}  ${workers}  ${left}\n`);
    },
    note: (text) => stream.write(`${text}\n`),
    close: () => undefined,
  };
}

function barDisplay(stream: NodeJS.WriteStream): StudyDisplay {
  const format = '{bar} {percentage}%  {done} of {runCount} runs, {running} under way  {workers}  {left}';
  const bar = new SingleBar(
    { format, stream, barsize: 28, hideCursor: true, clearOnComplete: true, gracefulExit: false, fps: 10, linewrap: false },
    Presets.shades_classic,
  );
  let open = false;
  const stop = (): void => {
    if (open) bar.stop();
    open = false;
  };
  return {
    update: (status) => {
      const standing = standingOf(status);
      if (!open) bar.start(Math.max(1, standing.stepCount), standing.steps, standing);
      else bar.update(standing.steps, standing);
      open = true;
    },
    note: (text) => {
      stop();
      stream.write(`${text}\n`);
    },
    close: stop,
  };
}
