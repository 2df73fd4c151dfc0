// The state of a study as its live page has it: whole, or what is new since the last time. Looked at once a second.

import { join } from 'node:path';
import {
  DecimatedCurve,
  liveVersion,
  studyCurveLimit,
  studyLimits,
  ThinnedSamples,
  type LiveCurve,
  type LiveVolunteers,
  type StudyHead,
  type StudyProgress,
  type StudyRunChange,
  type StudySnapshot,
  type StudyTest,
  type StudyUpdate,
  type StudyWorkers,
} from '../../protocol/index.js';
import type { RunRecord } from '../index.js';
import { logFile, type Disk } from '../store/index.js';
import { recordedSteps } from './recorded-steps.js';
import type { StudyStatus } from './study-pages.js';

/** What the state of a study is read from. */
export interface StudySources {
  readonly head: StudyHead;
  /** Where the runs stand; one that is being closed may be missing. */
  readonly status: () => StudyStatus;
  readonly workers: () => StudyWorkers;
  /** Where volunteers go. */
  readonly volunteers: () => LiveVolunteers;
}

/** Of a longer run evenly spread steps are read again: there may be hundreds of runs. */
const recalledSteps = 4096;

type Standing = Omit<StudyRunChange, 'index' | 'curve' | 'tests'>;

/** What is known of a run, and up to where it has been told. */
interface Trace {
  readonly index: number;
  readonly curve: DecimatedCurve;
  readonly tests: ThinnedSamples<StudyTest>;
  standing: Standing;
  lastStep: number;
  told: { standing: string; step: number; test: number };
}

const nothingTold = { standing: '', step: -1, test: -1 };

/** A study, as it is told to those who watch. */
export class StudyState {
  readonly #sources: StudySources;
  readonly #traces: ReadonlyMap<string, Trace>;
  #progress: StudyProgress = { secondsLeft: null, isOver: false };
  #toldWorkers = '';
  #toldProgress = '';

  constructor(sources: StudySources) {
    this.#sources = sources;
    const { runs } = sources.head;
    const limit = studyCurveLimit(runs.length);
    const standing: Standing = { state: 'waiting', step: 0, trainLoss: null, optimum: null, workerCount: 0 };
    this.#traces = new Map(
      runs.map(({ name }, index) => {
        const [curve, tests] = [new DecimatedCurve(limit), new ThinnedSamples<StudyTest>(studyLimits.tests)];
        return [name, { index, curve, tests, standing, lastStep: -1, told: nothingTold }];
      }),
    );
  }

  /** Takes what a record has for the curves; constant time. */
  noteRecord(name: string, record: RunRecord): void {
    if (record.type === 'metrics') this.#noteStep(name, record.metrics);
    if (record.type === 'evaluation') this.noteTest(name, record.evaluation.step, record.evaluation.summary.testLoss);
  }

  /** Takes a held-out loss. */
  noteTest(name: string, step: number, loss: number): void {
    this.#traces.get(name)?.tests.offer({ step, loss });
  }

  /** Fills the curve of a run up to a step with what it has left in its folder. */
  async recall(disk: Disk, run: { readonly name: string; readonly folder: string; readonly lastStep: number }): Promise<void> {
    const path = join(run.folder, logFile('metrics'));
    const range = { lastStep: run.lastStep, limit: recalledSteps };
    for await (const step of recordedSteps(disk, path, range)) this.#noteStep(run.name, step);
  }

  /** Training losses of a run, in at most so many points. */
  curveOf(name: string, limit = Infinity): LiveCurve {
    return this.#traces.get(name)?.curve.coarse(limit) ?? { width: 1, buckets: [] };
  }

  /** Looks at the study; gives what is new, or undefined where nothing is. */
  tick(isOver = false): StudyUpdate | undefined {
    const { secondsLeft } = this.#look(isOver);
    const runs = [...this.#traces.values()].flatMap((trace) => newOf(trace) ?? []);
    const workers = this.#sources.workers();
    // Of the time that is left only what people are shown.
    const progress = `${secondsLeft === null ? '' : Math.round(secondsLeft)} ${isOver}`;
    const changes = {
      ...(runs.length > 0 ? { runs } : {}),
      ...(JSON.stringify(workers) === this.#toldWorkers ? {} : { workers }),
      ...(progress === this.#toldProgress ? {} : { progress: this.#progress }),
    };
    this.#toldWorkers = JSON.stringify(workers);
    this.#toldProgress = progress;
    return Object.keys(changes).length === 0 ? undefined : { type: 'update', ...changes };
  }

  /** Everything. `time` is told to people. */
  snapshot(time: string): StudySnapshot {
    this.#look(this.#progress.isOver);
    const runs = [...this.#traces.values()].map(({ index, standing, curve, tests }): StudyRunChange => {
      return { index, ...standing, curve: curve.all, tests: tests.all };
    });
    const { head, workers, volunteers } = this.#sources;
    return {
      ...{ type: 'snapshot', version: liveVersion, study: head, time, progress: this.#progress },
      ...{ runs, workers: workers(), volunteers: volunteers() },
    };
  }

  #look(isOver: boolean): StudyProgress {
    const { runs, secondsLeft } = this.#sources.status();
    for (const { name, state, step, trainLoss, optimum, workers } of runs) {
      const trace = this.#traces.get(name);
      if (trace !== undefined) trace.standing = { state, step, trainLoss, optimum, workerCount: workers };
    }
    this.#progress = { secondsLeft: isOver ? null : secondsLeft, isOver };
    return this.#progress;
  }

  #noteStep(name: string, { step, loss }: { readonly step: number; readonly loss: number }): void {
    const trace = this.#traces.get(name);
    if (trace === undefined) return;
    trace.curve.add(step, loss);
    trace.lastStep = step;
  }
}

/** What has not been told of a run; undefined where there is nothing. */
function newOf(trace: Trace): StudyRunChange | undefined {
  const { index, curve, tests, standing, lastStep, told } = trace;
  const newTests = tests.since(told.test);
  const words = JSON.stringify(standing);
  if (words === told.standing && newTests.length === 0 && lastStep <= told.step) return undefined;
  trace.told = { standing: words, step: lastStep, test: newTests.at(-1)?.step ?? told.test };
  return {
    ...{ index, ...standing },
    ...(lastStep > told.step ? { curve: curve.since(told.step) } : {}),
    ...(newTests.length > 0 ? { tests: newTests } : {}),
  };
}
