// The side of a coordinator that its owner looks at: state, feed and, at the end, the page as a file in the run's folder.

import type { Server } from 'node:http';
import { join } from 'node:path';
import type { LiveCurve, LiveVolunteers } from '../../protocol/index.js';
import type { RunRecord } from '../index.js';
import { nodeDisk } from '../store/index.js';
import { accessOf } from './access.js';
import { LiveFeed } from './live-feed.js';
import { LiveState } from './live-state.js';
import { reportName, writeReport } from './report-file.js';
import type { RunInProgress } from './run-in-progress.js';
import type { RunRate } from './run-rate.js';
import type { CoordinatorOptions } from './run-setup.js';
import type { StaticFiles } from './static-files.js';
import type { RunEvent } from './status-page.js';
import type { Traffic } from './traffic.js';
import { policyFor } from './upgrade-policy.js';

/** What the live side of a coordinator is made of. */
export interface LiveSideOptions {
  readonly coordinator: CoordinatorOptions;
  readonly inProgress: RunInProgress;
  readonly server: Server;
  readonly files: StaticFiles;
  readonly traffic: Traffic;
  readonly volunteers: () => LiveVolunteers;
  readonly rate: RunRate;
  /** The time of day, for people. */
  readonly time: () => string;
  /** What has happened before. */
  readonly events: readonly RunEvent[];
}

const tickMilliseconds = 100;

/** What the owner of a run sees of it. */
export class LiveSide {
  readonly #options: LiveSideOptions;
  readonly #state: LiveState;
  readonly #feed: LiveFeed;
  readonly #timer: NodeJS.Timeout;

  constructor(options: LiveSideOptions) {
    const { coordinator, inProgress, server, volunteers, rate, events, traffic } = options;
    const { config, plan, software } = coordinator;
    const now = (): number => performance.now();
    this.#options = options;
    this.#state = new LiveState({
      ...{ run: inProgress.run, core: inProgress.core, training: inProgress.training, config, plan, software },
      ...{ volunteers, traffic, now, recentRate: () => rate.recent },
    });
    for (const event of events) this.#state.noteEvent(event);
    this.#feed = new LiveFeed({
      ...{ server, now, policy: policyFor(coordinator) },
      acceptsToken: accessOf(coordinator).acceptsAdministrator,
      snapshot: () => this.#snapshot(),
    });
    this.#timer = setInterval(() => this.#tick(), tickMilliseconds);
    this.#timer.unref();
  }

  /** Fills the curves of a run that is continued. */
  async recall(): Promise<void> {
    const { evaluations, firstStep } = this.#options.inProgress.training.progress;
    await this.#state.history.recall(nodeDisk, this.#options.coordinator.folder, evaluations, firstStep);
  }

  /** The training loss in at most so many points. */
  lossCurve(limit: number): LiveCurve {
    return this.#state.history.loss.coarse(limit);
  }

  /** Takes a record for the curves; constant time. */
  noteRecord(record: RunRecord): void {
    this.#state.noteRecord(record);
  }

  /** Notes something that happened. */
  noteEvent(event: RunEvent): void {
    this.#state.noteEvent(event);
  }

  /** Writes the page into the run's folder. Rejects where the disk does not take it. */
  async save(): Promise<void> {
    this.#tick(true);
    const { coordinator, files } = this.#options;
    const { run, ...snapshot } = this.#snapshot();
    // Whoever reads it later needs no address for volunteers, and may not have it.
    const saved = { ...snapshot, run: { ...run, volunteers: null } };
    await writeReport(nodeDisk, join(coordinator.folder, reportName), { files, snapshot: saved });
  }

  /** Tells the last state and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#tick(true);
    await this.#feed.close();
  }

  #tick(everything = false): void {
    this.#feed.tell(this.#state.tick(everything));
  }

  #snapshot() {
    return this.#state.snapshot(this.#options.time());
  }
}
