// What the page knows of the run: put together from a snapshot and the updates after it. Curves keep the coordinator's bounds.

import { batch, signal, type ReadonlySignal } from '@preact/signals';
import {
  DecimatedCurve,
  liveLimits,
  ThinnedSamples,
  type LiveDecays,
  type LiveEvaluation,
  type LiveEvent,
  type LiveProgress,
  type LiveRun,
  type LiveSnapshot,
  type LiveTraffic,
  type LiveTree,
  type LiveUpdate,
  type LiveWorkers,
} from '../../protocol/index.js';
import { WorkerHues } from './worker-hues.js';

/** The curves: a new object with every change, of curves that are changed in place. */
export interface Curves {
  readonly loss: DecimatedCurve;
  readonly learningRate: DecimatedCurve;
  readonly throughput: DecimatedCurve;
}

/** The run as the page shows it. */
export class RunView {
  readonly hues = new WorkerHues();
  readonly #run = signal<LiveRun | undefined>(undefined);
  readonly #progress = signal<LiveProgress | undefined>(undefined);
  readonly #workers = signal<LiveWorkers | undefined>(undefined);
  readonly #tree = signal<LiveTree | null>(null);
  readonly #traffic = signal<LiveTraffic | null>(null);
  readonly #events = signal<readonly LiveEvent[]>([]);
  readonly #evaluations = signal<readonly LiveEvaluation[]>([]);
  readonly #decays = signal<readonly LiveDecays[]>([]);
  readonly #curves = signal(newCurves());
  readonly #evaluationSamples = new ThinnedSamples<LiveEvaluation>(liveLimits.evaluations);
  readonly #decaySamples = new ThinnedSamples<LiveDecays>(liveLimits.decays);

  get run(): ReadonlySignal<LiveRun | undefined> {
    return this.#run;
  }

  get progress(): ReadonlySignal<LiveProgress | undefined> {
    return this.#progress;
  }

  get workers(): ReadonlySignal<LiveWorkers | undefined> {
    return this.#workers;
  }

  get tree(): ReadonlySignal<LiveTree | null> {
    return this.#tree;
  }

  get traffic(): ReadonlySignal<LiveTraffic | null> {
    return this.#traffic;
  }

  /** The latest last. */
  get events(): ReadonlySignal<readonly LiveEvent[]> {
    return this.#events;
  }

  get evaluations(): ReadonlySignal<readonly LiveEvaluation[]> {
    return this.#evaluations;
  }

  get decays(): ReadonlySignal<readonly LiveDecays[]> {
    return this.#decays;
  }

  get curves(): ReadonlySignal<Curves> {
    return this.#curves;
  }

  /** Begins anew. */
  show(snapshot: LiveSnapshot): void {
    batch(() => {
      this.#curves.value = newCurves();
      this.#evaluationSamples.begin(snapshot.evaluations);
      this.#decaySamples.begin(snapshot.decays);
      this.#events.value = [];
      this.#run.value = snapshot.run;
      this.update({ ...snapshot, type: 'update' });
    });
  }

  /** Adds what is new. */
  update(changes: LiveUpdate): void {
    batch(() => {
      const { progress, workers, tree, traffic, events, evaluations, decays } = changes;
      if (progress !== undefined) this.#progress.value = progress;
      if (workers !== undefined) this.#workers.value = workers;
      if (tree !== undefined) this.#tree.value = tree;
      if (traffic !== undefined) this.#traffic.value = traffic;
      if (events !== undefined) this.#events.value = newest([...this.#events.value, ...events]);
      if (evaluations !== undefined) {
        for (const evaluation of evaluations) this.#evaluationSamples.offer(evaluation);
        this.#evaluations.value = this.#evaluationSamples.all;
      }
      if (decays !== undefined) {
        for (const sample of decays) this.#decaySamples.offer(sample);
        this.#decays.value = this.#decaySamples.all;
      }
      this.#updateCurves(changes);
    });
  }

  #updateCurves({ loss, learningRate, throughput }: LiveUpdate): void {
    const curves = this.#curves.peek();
    if (loss !== undefined) curves.loss.replace(loss);
    if (learningRate !== undefined) curves.learningRate.replace(learningRate);
    if (throughput !== undefined) curves.throughput.replace(throughput);
    if (loss !== undefined || learningRate !== undefined || throughput !== undefined) this.#curves.value = { ...curves };
  }
}

function newCurves(): Curves {
  return {
    loss: new DecimatedCurve(liveLimits.steps),
    learningRate: new DecimatedCurve(liveLimits.steps),
    throughput: new DecimatedCurve(liveLimits.seconds),
  };
}

/** Each event once, however often it was told. */
function newest(events: readonly LiveEvent[]): readonly LiveEvent[] {
  const byNumber = new Map(events.map((event) => [event.number, event]));
  return [...byNumber.values()].toSorted((a, b) => a.number - b.number).slice(-liveLimits.events);
}
