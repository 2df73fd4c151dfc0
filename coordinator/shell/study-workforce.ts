// The workers of a study: who sits at which run, what is known of them, and what volunteers are told.

import {
  curvePointLimit,
  studyLimits,
  type Accept,
  type Hello,
  type LiveCurve,
  type RunSummary,
  type StudyWorkers,
} from '../../protocol/index.js';
import { Reputations } from '../index.js';
import { accessOf } from './access.js';
import { servingLimits } from './limits.js';
import { volunteerTest } from './run-setup.js';
import { summaryOf } from './run-summary.js';
import type { ServingOptions } from './serving.js';
import { StudyHelp } from './study-help.js';
import { workersOf, type OpenRun } from './study-runs.js';
import type { Standing } from './study-seating.js';
import { Seats } from './study-seats.js';

/** The study, as far as its workers are concerned. */
export interface WorkforceOptions {
  readonly study: string;
  readonly serving: ServingOptions;
  /** Where each run is in the order of the study. */
  readonly indexes: ReadonlyMap<string, number>;
  readonly open: ReadonlySet<OpenRun>;
  readonly endedCount: () => number;
  /** Training losses of a run, in at most so many points. */
  readonly lossCurve: (run: string, limit: number) => LiveCurve;
  /** There is one more than before. */
  readonly onArrival: () => void;
}

/** Everyone who works for a study. */
export class StudyWorkforce {
  readonly seats: Seats<OpenRun>;
  /** What one run has found of a worker holds for all. */
  readonly reputations = new Reputations();
  readonly #options: WorkforceOptions;
  readonly #help = new StudyHelp();
  #lastEnded: OpenRun | undefined;

  constructor(options: WorkforceOptions) {
    this.#options = options;
    const { acceptsWorker } = accessOf(options.serving);
    const isVolunteer = volunteerTest(options.serving);
    const standingOf = (hello: Hello): Standing | undefined => {
      if (!acceptsWorker(hello.token)) return undefined;
      return isVolunteer(hello) ? 'volunteer' : 'owners';
    };
    const now = (): number => performance.now();
    const { onArrival } = options;
    this.seats = new Seats({ standingOf, helloMilliseconds: servingLimits.handshakeMilliseconds, onArrival, now });
  }

  /** Takes a new connection in. */
  readonly accept: Accept = (connection) => this.seats.accept(connection);

  /** A run has ended, or cannot go on: its workers go to others. */
  leave(run: OpenRun): void {
    this.#lastEnded = run;
    this.#help.note(run.inProgress.core.statistics);
    this.seats.close(run);
  }

  /** Those that have a run: one that is on its way between two is counted and not listed. */
  listed(): StudyWorkers {
    const { open, indexes } = this.#options;
    const listed = [...open].flatMap((run) => workersOf(run, indexes.get(run.target.config.name) ?? -1));
    return { connectedCount: this.seats.count, listed: listed.slice(0, studyLimits.workers) };
  }

  /** The run that a worker is at, and the study, for volunteers; undefined before the first run is open. */
  summary(workerName: string | undefined): RunSummary | undefined {
    const { study, serving, open, indexes, endedCount, lossCurve } = this.#options;
    const seat = this.seats.seatOf(workerName);
    // Whoever has none, or not yet, is told of the newest.
    const shown = seat?.run ?? [...open].at(-1) ?? this.#lastEnded;
    if (shown === undefined) return undefined;
    const { operator = null, contact = null } = serving;
    const { target, plan, inProgress, rate } = shown;
    const { step, trainLoss, outcome = null } = inProgress.training.progress;
    const statistics = [...open].map((run) => run.inProgress.core.statistics);
    return summaryOf({
      ...{ config: target.config, plan, operator, contact },
      losses: lossCurve(target.config.name, curvePointLimit),
      state: {
        ...{ run: inProgress.run, outcome, step, trainLoss },
        ...{ sequencesPerSecond: rate.recent, workerCount: this.seats.count },
      },
      worker: this.#help.of(workerName, { open: statistics, isConnected: seat !== undefined }),
      study: { name: study, endedCount: endedCount(), runCount: indexes.size },
    });
  }
}
