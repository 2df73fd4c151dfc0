// What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere, nothing where only the result is wanted.

import { Presets, SingleBar } from 'cli-progress';
import { formatCount, formatDuration, formatLoss } from './format.js';

/** Where a run stands. */
export interface ProgressReport {
  readonly step: number;
  readonly stepCount: number;
  /** Training loss of the last step, half the mean squared error per output. */
  readonly loss: number;
  readonly sequencesPerSecond: number;
  /** Seconds until the end of training at this rate; undefined at the beginning. */
  readonly secondsLeft: number | undefined;
  /** Undefined where this process computes itself. */
  readonly workerCount: number | undefined;
}

/** Shows a run's progress. */
export interface ProgressDisplay {
  update(report: ProgressReport): void;
  /** A line that stays. */
  note(text: string): void;
  close(): void;
}

/** Where and how progress is shown. */
export interface DisplayOptions {
  /** A terminal gets a bar; anything else a line every few seconds. */
  readonly stream: NodeJS.WriteStream;
  readonly quiet: boolean;
  readonly now: () => number;
}

const plainLineMilliseconds = 5000;
const barMilliseconds = 100;

/** The display that suits the stream. */
export function createProgressDisplay(options: DisplayOptions): ProgressDisplay {
  if (options.quiet) return { update: () => undefined, note: () => undefined, close: () => undefined };
  return options.stream.isTTY ? barDisplay(options) : lineDisplay(options);
}

function describe({ step, stepCount, loss, sequencesPerSecond, secondsLeft, workerCount }: ProgressReport): string {
  const left = secondsLeft === undefined ? '' : `  ${formatDuration(secondsLeft)} left`;
  const workers = workerCount === undefined ? '' : `  ${workerCount} ${workerCount === 1 ? 'worker' : 'workers'}`;
  return `step ${formatCount(step)} of ${formatCount(stepCount)}  loss ${formatLoss(loss)}  ${formatCount(sequencesPerSecond)} sequences/s${workers}${left}`;
}

function lineDisplay({ stream, now }: DisplayOptions): ProgressDisplay {
  let last = -Infinity;
  return {
    update: (report) => {
      if (now() - last < plainLineMilliseconds) return;
      last = now();
      stream.write(`${describe(report)}\n`);
    },
    note: (text) => stream.write(`${text}\n`),
    close: () => undefined,
  };
}

function barDisplay({ stream, now }: DisplayOptions): ProgressDisplay {
  const format = '{bar} {percentage}%  loss {loss}  {rate} seq/s  {left}';
  const bar = new SingleBar(
    { format, stream, barsize: 28, hideCursor: true, clearOnComplete: true, gracefulExit: false, fps: 10, linewrap: false },
    Presets.shades_classic,
  );
  let last = -Infinity;
  let open = false;
  const stop = (): void => {
    if (open) bar.stop();
    open = false;
  };
  return {
    update: (report) => {
      const finished = report.step >= report.stepCount;
      if (now() - last < barMilliseconds && !finished) return;
      last = now();
      const payload = {
        loss: formatLoss(report.loss),
        rate: formatCount(report.sequencesPerSecond),
        left: finished ? 'done' : report.secondsLeft === undefined ? '' : `${formatDuration(report.secondsLeft)} left`,
      };
      if (!open) bar.start(report.stepCount, report.step, payload);
      else bar.update(report.step, payload);
      open = true;
    },
    note: (text) => {
      stop();
      stream.write(`${text}\n`);
    },
    close: stop,
  };
}
