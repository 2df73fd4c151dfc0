// How far a study is, and how long it will still take: every run costs its sequences times what a sequence of its kind has cost so far.

import type { StudyTarget } from './study-runs.js';

/** What is known of a run for an estimate. */
export interface CostedRun {
  /** Runs of the same kind cost the same for each sequence. */
  readonly kind: string;
  /** Training sequences of the whole run, and those that are done. */
  readonly sequences: number;
  readonly done: number;
}

/** Measured costs by kind. */
export class SequenceCosts {
  readonly #byKind = new Map<string, { milliseconds: number; sequences: number }>();

  /** Notes that one worker's place took so long for so many sequences. */
  add(kind: string, milliseconds: number, sequences: number): void {
    const cost = this.#byKind.get(kind) ?? { milliseconds: 0, sequences: 0 };
    this.#byKind.set(kind, { milliseconds: cost.milliseconds + milliseconds, sequences: cost.sequences + sequences });
  }

  /** Seconds that so many places will still take for these runs; undefined before anything has been measured. */
  secondsLeft(runs: readonly CostedRun[], placeCount: number): number | undefined {
    const all = [...this.#byKind.values()];
    const sequences = all.reduce((sum, cost) => sum + cost.sequences, 0);
    if (sequences === 0) return undefined;
    const usual = all.reduce((sum, cost) => sum + cost.milliseconds, 0) / sequences;
    const left = runs.map(({ kind, sequences: whole, done }) => {
      const cost = this.#byKind.get(kind);
      return (whole - done) * (cost === undefined ? usual : cost.milliseconds / cost.sequences);
    });
    const total = left.reduce((sum, milliseconds) => sum + milliseconds, 0);
    // However many places there are, the longest run takes its time.
    return Math.max(total / Math.max(1, placeCount), ...left) / 1000;
  }
}

/** Runs that differ in seed and name alone are of one kind. */
export const kindOf = ({ config: { task, model, training } }: StudyTarget): string =>
  JSON.stringify([task, model, training.microbatchSize, training.microbatches, training.curriculum]);

/** A run of which so many steps are done. */
export function costedRun(target: StudyTarget, step: number): CostedRun {
  const { steps, microbatches, microbatchSize } = target.config.training;
  const batch = microbatches * microbatchSize;
  return { kind: kindOf(target), sequences: steps * batch, done: step * batch };
}
