// Repeats steps and takes their times: of the processor, which other processes do not disturb much, or of the wall.

import { timingOf, type Timing } from './statistics.js';

/** One thread is measured by the processor's time, several by the wall's. */
export type Clock = 'processor' | 'wall';

/** How long a step is repeated. */
export interface SamplingOptions {
  readonly clock: Clock;
  /** Before anything is kept; the engine needs about a third of a second until a program runs at full speed. */
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

/** A step to be measured; where it gives a promise, the promise is awaited. */
export type Step = () => unknown;

const fewestSamples = 3;
const mostSamples = 20_000;
/** Times the wanted duration after which fewer samples will do. */
const patience = 2;

/** Milliseconds of a clock, from an arbitrary beginning. */
export function readClock(clock: Clock): number {
  if (clock === 'wall') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Repeats steps in turn, each as often as the others, so that a disturbance meets all of them. */
export async function sampleInTurn(steps: readonly Step[], options: SamplingOptions): Promise<readonly (readonly number[])[]> {
  const { clock, warmUpMilliseconds, milliseconds } = options;
  const round = async (): Promise<readonly number[]> => {
    const times: number[] = [];
    for (const step of steps) {
      const begin = readClock(clock);
      const pending = step();
      if (pending instanceof Promise) await pending;
      times.push(readClock(clock) - begin);
    }
    return times;
  };
  const warmUpEnd = performance.now() + warmUpMilliseconds;
  do await round();
  while (performance.now() < warmUpEnd);
  const rounds: (readonly number[])[] = [];
  const begin = performance.now();
  do {
    rounds.push(await round());
    // A slow step is repeated a few times, a very slow one not at all.
    const isEnough = rounds.length >= fewestSamples || performance.now() - begin > patience * milliseconds;
    if (isEnough && performance.now() - begin >= milliseconds) break;
  } while (rounds.length < mostSamples);
  return steps.map((_, index) => rounds.map((times) => times[index]!));
}

/** Repeats one step. */
export async function sampleStep(step: Step, options: SamplingOptions): Promise<Timing> {
  const [samples] = await sampleInTurn([step], options);
  return timingOf(samples!);
}
