// A study: many runs over one server. As many runs are open as there are workers, and a few more, so that workers whose runs end find
// the next ones ready. Each is an ordinary run with its own folder, core and training; the study decides nothing but who works where.

import type { Server } from 'node:http';
import { livePath, type Listener } from '../../protocol/index.js';
import type { Outcome, LogEntry } from '../index.js';
import { nodeDisk } from '../store/index.js';
import { pageAddress, volunteerAddress } from './addresses.js';
import { closeServer } from './http-server.js';
import { servingLimits } from './limits.js';
import { studyReportName } from './report-file.js';
import type { FinishedJob } from './run-driver.js';
import { RunInProgress } from './run-in-progress.js';
import { RunRate } from './run-rate.js';
import { resultOf } from './run-result.js';
import { heartbeatMilliseconds } from './run-setup.js';
import { sessionOf } from './serving.js';
import type { StaticFiles } from './static-files.js';
import { StudyLive } from './study-live.js';
import { costedRun, kindOf, SequenceCosts } from './study-progress.js';
import type { StudyRunState, StudyStatus } from './study-pages.js';
import {
  runningState,
  waitingState,
  type OpenRun,
  type RunningStudy,
  type StudyOptions,
  type StudyTarget,
} from './study-runs.js';
import { StudyWorkforce } from './study-workforce.js';
import { policyFor } from './upgrade-policy.js';
import { listenForWebSockets } from './websocket-listener.js';

const tickMilliseconds = 20;
const flushMilliseconds = 1000;
const progressMilliseconds = 100;
/** Runs that are open without a worker, at most. */
const mostSpares = 4;
const defaultDrainMilliseconds = 5000;
const farewellMilliseconds = 1000;

/** The coordinator of a study. */
export class StudyCoordinator implements RunningStudy {
  readonly done: Promise<void>;
  readonly live: StudyLive;
  readonly workforce: StudyWorkforce;
  readonly #options: StudyOptions;
  readonly #waiting: StudyTarget[];
  readonly #open = new Set<OpenRun>();
  readonly #ended: StudyRunState[];
  readonly #costs = new SequenceCosts();
  /** Runs whose folders are about to be opened. */
  readonly #chosen = new Set<StudyTarget>();
  /** Runs whose folders are being closed. */
  #closing = 0;
  #opening: Promise<void> = Promise.resolve();
  #isStopping = false;
  #isOver = false;
  #failure: unknown;
  /** Of the run that ended last: workers hear one at the end. */
  #lastDigest: string | undefined;
  #lastProgressAt = -Infinity;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #server: Server | undefined;
  #listener: Listener | undefined;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(options: StudyOptions, files: StaticFiles) {
    const { name, software, folder, grid, serving, done } = options;
    this.#options = options;
    this.#waiting = [...options.targets];
    this.#ended = done.map(({ state }) => state);
    this.live = new StudyLive({
      ...{ head: { name, software, ...grid }, folder, files, serving, done },
      status: () => this.status(),
      workers: () => this.workforce.listed(),
      volunteers: () => volunteerAddress(this.address, serving),
      time: () => new Date().toISOString(),
    });
    this.workforce = new StudyWorkforce({
      ...{
        study: name,
        serving,
        open: this.#open,
        endedCount: () => this.#ended.filter(({ state }) => state === 'completed' || state === 'diverged').length,
      },
      indexes: new Map(grid.runs.map((run, index) => [run.name, index])),
      lossCurve: (run, limit) => this.live.curveOf(run, limit),
      // Another worker, another run.
      onArrival: () => this.#fill(),
    });
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for `done` hears of it; nobody has to.
    this.done.catch(() => undefined);
  }

  get address(): string {
    return this.#listener?.address ?? '';
  }

  get pageAddress(): string {
    return pageAddress(this.address, this.#options.serving).address;
  }

  /** Begins, over a server that listens. */
  serve(server: Server): void {
    const { bufferedBytes, handshakeMilliseconds } = servingLimits;
    this.#server = server;
    this.#listener = listenForWebSockets({
      ...{ server, path: '/', otherPaths: [livePath], policy: policyFor(this.#options.serving) },
      accept: this.workforce.accept,
      bounds: { frameBytes: this.#options.frameBytes, bufferedBytes, handshakeMilliseconds, heartbeatMilliseconds },
    });
    this.#timers = [
      setInterval(() => {
        this.workforce.seats.tick();
        for (const { inProgress } of this.#open) inProgress.tick();
      }, tickMilliseconds),
      setInterval(() => {
        for (const { inProgress } of this.#open) inProgress.flush();
      }, flushMilliseconds),
    ];
    this.live.serve(server);
    this.#fill();
    this.#look();
  }

  stop(drainMilliseconds = defaultDrainMilliseconds): Promise<void> {
    this.#isStopping = true;
    this.live.hurry();
    this.#waiting.length = 0;
    for (const run of this.#open) this.#stopRun(run, drainMilliseconds);
    this.#look();
    return this.done;
  }

  #stopRun({ inProgress: { driver } }: OpenRun, drainMilliseconds: number): void {
    const isWorking = driver.connectionCount > 0 && drainMilliseconds > 0;
    driver.train({ type: 'stopRequested', when: isWorking ? 'after-job' : 'at-once' });
    if (!isWorking) return;
    const timer = setTimeout(() => driver.train({ type: 'stopRequested', when: 'at-once' }), drainMilliseconds);
    this.#timers = [...this.#timers, timer];
  }

  get #isEnding(): boolean {
    return this.#isStopping;
  }

  /** Where the study stands. */
  status(): StudyStatus {
    const { name, software } = this.#options;
    const open = [...this.#open];
    const waiting = [...this.#chosen, ...this.#waiting];
    const running = open.map((run) => runningState(run, this.workforce.seats.countOf(run)));
    const costed = [
      ...open.map(({ target, inProgress }) => costedRun(target, inProgress.training.progress.step)),
      ...waiting.map((target) => costedRun(target, 0)),
    ];
    return {
      ...{ study: name, software, runs: [...this.#ended, ...running, ...waiting.map(waitingState)] },
      ...{
        workerCount: this.workforce.seats.count,
        secondsLeft: this.#costs.secondsLeft(costed, this.workforce.seats.placeCount) ?? null,
      },
    };
  }

  /** Opens runs until there are as many as workers, and some to spare: runs of one kind end at the same time. */
  #fill(): void {
    const workers = Math.max(1, this.workforce.seats.placeCount);
    while (!this.#isStopping && this.#open.size + this.#chosen.size < workers + Math.min(workers, mostSpares)) {
      const target = this.#waiting.shift();
      if (target === undefined) return;
      this.#chosen.add(target);
      // One folder after the other: the first one is ready soonest.
      this.#opening = this.#opening
        .then(() => this.#openRun(target))
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#chosen.delete(target);
          this.#look();
        });
    }
  }

  async #openRun(target: StudyTarget): Promise<void> {
    if (this.#isStopping) return;
    const { serving, backend, proof, software } = this.#options;
    const { config, folder, resume } = target;
    const plan = target.plan();
    const rate = new RunRate();
    const run: { current?: OpenRun } = {};
    const inProgress = await RunInProgress.open(
      {
        ...{
          ...serving,
          config,
          plan,
          folder,
          backend,
          proof,
          software,
          segments: true,
          reputations: this.workforce.reputations,
        },
        ...(resume === undefined ? {} : { resume }),
      },
      {
        ...{ disk: nodeDisk, now: () => performance.now(), date: () => new Date() },
        onRecord: (record) => this.live.noteRecord(config.name, record),
        onJobDone: (job) => this.#noteJob(target, { job, rate }),
        onLog: (entry) => this.#log(target, entry),
        onEnd: (outcome) => {
          // After what is under way: workers must not be taken from a core that is still speaking.
          queueMicrotask(() => {
            if (run.current !== undefined) void this.#end(run.current, outcome).catch((error: unknown) => this.#fail(error));
          });
        },
        onFault: (error) => {
          if (run.current !== undefined) this.#abandon(run.current);
          this.#fail(error);
        },
      },
    );
    const { accept } = inProgress.driver;
    const { firstStep, evaluations } = inProgress.training.progress;
    for (const { step, summary } of evaluations) this.live.noteTest(config.name, step, summary.testLoss);
    await this.live.recall(config.name, folder, firstStep);
    const { recheck, maximumWorkers: workerLimit } = config.coordination;
    run.current = { target, plan, inProgress, startedAt: performance.now(), rate, accept, isWary: recheck > 0, workerLimit };
    this.#chosen.delete(target);
    this.#open.add(run.current);
    const port = Number(new URL(this.address).port);
    inProgress.start({ time: new Date().toISOString(), software, ...sessionOf(serving), port });
    if (this.#isEnding) this.#stopRun(run.current, 0);
    else this.workforce.seats.open(run.current);
  }

  async #end(run: OpenRun, outcome: Outcome): Promise<void> {
    const { target, inProgress, rate, startedAt } = run;
    const { run: runId, core, training } = inProgress;
    this.#closing += 1;
    this.#open.delete(run);
    this.workforce.leave(run);
    this.#fill();
    const result = resultOf({
      ...{ run: runId, folder: target.folder, progress: { ...training.progress, outcome }, statistics: core.statistics },
      seconds: (performance.now() - startedAt) / 1000,
      sequencesPerSecond: rate.overall,
      admittedTolerant: target.config.coordination.admit === 'tolerant',
    });
    try {
      await inProgress.finish(result);
    } finally {
      await inProgress.close();
    }
    this.#ended.push({ ...runningState(run, 0), state: outcome });
    this.#options.onRunEnd?.(target, { result, plan: run.plan });
    this.#lastDigest = result.parametersSha256;
    this.#closing -= 1;
    this.#look();
  }

  /** Frees the folder of a run that cannot go on. */
  #abandon(run: OpenRun): void {
    if (!this.#open.delete(run)) return;
    this.workforce.leave(run);
    this.#ended.push({ ...runningState(run, 0), state: 'failed' });
    this.#closing += 1;
    void run.inProgress
      .close()
      .catch(() => undefined)
      .then(() => {
        this.#closing -= 1;
        this.#look();
      });
  }

  #noteJob(target: StudyTarget, { job, rate }: { readonly job: FinishedJob; readonly rate: RunRate }): void {
    const { microbatches, microbatchSize } = target.config.training;
    if (job.kind === 'train') {
      const sequences = job.stepCount * microbatches * microbatchSize;
      rate.add(sequences, job.milliseconds);
      this.#costs.add(kindOf(target), job.milliseconds, sequences);
    }
    const now = performance.now();
    if (now - this.#lastProgressAt < progressMilliseconds) return;
    this.#lastProgressAt = now;
    this.#options.onProgress?.(this.status());
  }

  #log({ config }: StudyTarget, { level, text }: LogEntry): void {
    this.#options.onLog?.({ level, text: `${config.name}: ${text}` });
  }

  /** Ends the study when nothing is left of it. */
  #look(): void {
    if (this.#isOver || this.#chosen.size + this.#closing + this.#open.size + this.#waiting.length > 0) return;
    this.#isOver = true;
    this.#options.onProgress?.(this.status());
    void this.#close().then(
      () => (this.#failure === undefined ? this.#resolve() : this.#reject(this.#failure)),
      (error: unknown) => this.#reject(this.#failure ?? error),
    );
  }

  /** One run cannot go on: the others end in good order, and the first failure is told. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    if (!this.#isStopping) void this.stop().catch(() => undefined);
  }

  /** Tells the workers that the study is over, and waits until they have left by themselves, for a while. */
  async #farewell(): Promise<void> {
    if (this.#lastDigest !== undefined) {
      const reason = this.#isStopping ? 'stopped' : 'completed';
      this.workforce.seats.dismiss({ type: 'finish', reason, parametersSha256: this.#lastDigest });
    }
    const until = performance.now() + farewellMilliseconds;
    while (this.workforce.seats.count > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    // Beside the results, which are safe already: a disk that has no room for a picture takes nothing from the study.
    await this.live.save().catch((error: unknown) => {
      const text = `Cannot write ${studyReportName}: ${error instanceof Error ? error.message : String(error)}`;
      this.#options.onLog?.({ level: 'warning', text });
    });
    await this.#farewell();
    await this.live.close();
    await this.#listener?.close();
    if (this.#server !== undefined) await closeServer(this.#server);
  }
}
