// The side of a study that its owner looks at: state, feed and, at the end, the page as a file in the study's folder.

import type { Server } from 'node:http';
import { join } from 'node:path';
import type { LiveCurve } from '../../protocol/index.js';
import type { RunRecord } from '../index.js';
import { nodeDisk } from '../store/index.js';
import { accessOf } from './access.js';
import { LiveFeed } from './live-feed.js';
import { studyReportName, writeReport } from './report-file.js';
import type { ServingOptions } from './serving.js';
import type { StaticFiles } from './static-files.js';
import type { DoneRun } from './study-runs.js';
import { StudyState, type StudySources } from './study-state.js';
import { policyFor } from './upgrade-policy.js';

/** What the live side of a study is made of. */
export interface StudyLiveOptions extends StudySources {
  readonly serving: ServingOptions;
  /** The page; none: nothing is written. */
  readonly files: StaticFiles;
  /** The study's folder. */
  readonly folder: string;
  /** Runs that were done before. */
  readonly done: readonly DoneRun[];
  /** The time of day, for people. */
  readonly time: () => string;
}

const tickMilliseconds = 1000;

/** What the owner of a study sees of it. */
export class StudyLive {
  readonly #options: StudyLiveOptions;
  readonly #state: StudyState;
  #feed: LiveFeed | undefined;
  #timer: NodeJS.Timeout | undefined;
  #recalling: Promise<void> = Promise.resolve();
  #isHurried = false;

  constructor(options: StudyLiveOptions) {
    this.#options = options;
    this.#state = new StudyState(options);
  }

  /** Begins to tell, over a server that listens. */
  serve(server: Server): void {
    const { serving, done } = this.#options;
    this.#feed = new LiveFeed({
      ...{ server, now: () => performance.now(), policy: policyFor(serving) },
      acceptsToken: accessOf(serving).acceptsAdministrator,
      snapshot: () => this.#state.snapshot(this.#options.time()),
    });
    this.#timer = setInterval(() => this.#feed?.tell(this.#state.tick()), tickMilliseconds);
    this.#timer.unref();
    this.#recalling = this.#recallAll(done);
  }

  /** Fills the curve of a run that is continued, before it goes on. */
  recall(name: string, folder: string, lastStep: number): Promise<void> {
    return lastStep === 0 ? Promise.resolve() : this.#recall(name, folder, lastStep);
  }

  /** Takes a record for the curves; constant time. */
  noteRecord(name: string, record: RunRecord): void {
    this.#state.noteRecord(name, record);
  }

  /** Takes a held-out loss of before. */
  noteTest(name: string, step: number, loss: number): void {
    this.#state.noteTest(name, step, loss);
  }

  /** Training losses of a run, in at most so many points. */
  curveOf(name: string, limit?: number): LiveCurve {
    return this.#state.curveOf(name, limit);
  }

  /** Someone wants to leave: curves of runs that were done before are not waited for. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Tells that the study is over, and writes the page into its folder. Rejects where the disk does not take it. */
  async save(): Promise<void> {
    await this.#recalling;
    this.#feed?.tell(this.#state.tick(true));
    const { folder, files, time } = this.#options;
    // Whoever reads it later needs no address for volunteers, and may not have it.
    const snapshot = { ...this.#state.snapshot(time()), volunteers: null };
    await writeReport(nodeDisk, join(folder, studyReportName), { files, snapshot });
  }

  /** Tells the last state and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#feed?.tell(this.#state.tick(true));
    await this.#feed?.close();
  }

  async #recallAll(done: readonly DoneRun[]): Promise<void> {
    for (const { state, folder, tests } of done) {
      for (const { step, loss } of tests) this.noteTest(state.name, step, loss);
      // One after the other, beside the runs at work.
      if (!this.#isHurried) await this.#recall(state.name, folder, state.step);
    }
  }

  /** A log that cannot be read costs its picture and nothing else. */
  async #recall(name: string, folder: string, lastStep: number): Promise<void> {
    await this.#state.recall(nodeDisk, { name, folder, lastStep }).catch(() => undefined);
  }
}
