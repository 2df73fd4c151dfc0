// What the page knows of the study: put together from a snapshot and the updates after it. Each run has signals of its own, so that of
// hundreds only those are drawn anew of which something is new.

import { batch, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import {
  DecimatedCurve,
  studyCurveLimit,
  studyLimits,
  ThinnedSamples,
  type LiveVolunteers,
  type StudyHead,
  type StudyProgress,
  type StudyRunChange,
  type StudyRunHead,
  type StudySnapshot,
  type StudyTest,
  type StudyUpdate,
  type StudyWorkers,
} from '../../protocol/index.js';
import { sharedAxes, type SharedAxes } from './shared-axes.js';

/** Where a run stands. */
export type Standing = Omit<StudyRunChange, 'index' | 'curve' | 'tests'>;

/** A run as the page shows it. */
export interface RunView {
  readonly index: number;
  readonly head: StudyRunHead;
  readonly standing: ReadonlySignal<Standing>;
  readonly tests: ReadonlySignal<readonly StudyTest[]>;
  /** Changed in place; `changeCount` counts how often something of the picture has changed. */
  readonly curve: DecimatedCurve;
  readonly changeCount: ReadonlySignal<number>;
}

interface KnownRun extends RunView {
  readonly standing: Signal<Standing>;
  readonly tests: Signal<readonly StudyTest[]>;
  readonly changeCount: Signal<number>;
  readonly samples: ThinnedSamples<StudyTest>;
}

const nothing: Standing = { state: 'waiting', step: 0, trainLoss: null, optimum: null, workerCount: 0 };

/** The study as the page shows it. */
export class StudyView {
  readonly #head = signal<StudyHead | undefined>(undefined);
  readonly #runs = signal<readonly KnownRun[]>([]);
  readonly #progress = signal<StudyProgress>({ secondsLeft: null, isOver: false });
  readonly #workers = signal<StudyWorkers>({ connectedCount: 0, listed: [] });
  readonly #volunteers = signal<LiveVolunteers | null>(null);
  readonly #axes = signal<SharedAxes>(sharedAxes([]));

  get head(): ReadonlySignal<StudyHead | undefined> {
    return this.#head;
  }

  /** In the order of the grid. */
  get runs(): ReadonlySignal<readonly RunView[]> {
    return this.#runs;
  }

  get progress(): ReadonlySignal<StudyProgress> {
    return this.#progress;
  }

  get workers(): ReadonlySignal<StudyWorkers> {
    return this.#workers;
  }

  /** Where volunteers go; null where nobody can join any more. */
  get volunteers(): ReadonlySignal<LiveVolunteers | null> {
    return this.#volunteers;
  }

  /** The axes that all small charts share: the same object as long as they are the same. */
  get axes(): ReadonlySignal<SharedAxes> {
    return this.#axes;
  }

  /** Begins anew. Where the study is the same, its runs stay the same objects. */
  show({ study, volunteers, ...snapshot }: StudySnapshot): void {
    batch(() => {
      if (JSON.stringify(this.#volunteers.peek()) !== JSON.stringify(volunteers)) this.#volunteers.value = volunteers;
      const isKnown = JSON.stringify(this.#head.peek()) === JSON.stringify(study);
      if (!isKnown) {
        this.#head.value = study;
        this.#runs.value = study.runs.map((head, index) => newRun(head, index, studyCurveLimit(study.runs.length)));
      }
      this.update({ ...snapshot, type: 'update' });
    });
  }

  /** Adds what is new. */
  update({ progress, runs, workers }: StudyUpdate): void {
    batch(() => {
      if (progress !== undefined) this.#progress.value = progress;
      if (workers !== undefined) this.#workers.value = workers;
      if (runs === undefined) return;
      for (const change of runs) this.#change(change);
      const axes = sharedAxes(this.#runs.peek());
      if (JSON.stringify(axes) !== JSON.stringify(this.#axes.peek())) this.#axes.value = axes;
    });
  }

  #change({ index, curve, tests, ...standing }: StudyRunChange): void {
    const run = this.#runs.peek()[index];
    if (run === undefined) return;
    const hasOptimum = standing.optimum !== run.standing.peek().optimum;
    run.standing.value = standing;
    if (curve !== undefined) run.curve.replace(curve);
    for (const test of tests ?? []) run.samples.offer(test);
    if (tests !== undefined) run.tests.value = run.samples.all;
    if (curve !== undefined || tests !== undefined || hasOptimum) run.changeCount.value += 1;
  }
}

function newRun(head: StudyRunHead, index: number, limit: number): KnownRun {
  return {
    ...{ index, head, standing: signal(nothing), tests: signal<readonly StudyTest[]>([]), changeCount: signal(0) },
    ...{ curve: new DecimatedCurve(limit), samples: new ThinnedSamples<StudyTest>(studyLimits.tests) },
  };
}
