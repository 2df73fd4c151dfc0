// A coordinator as a whole: run folder, server, core and training, from the first record to the result.

import type { Server } from 'node:http';
import { curvePointLimit, livePath, type Listener, type RunSummary } from '../../protocol/index.js';
import type { LogEntry, Outcome, RunRecord } from '../index.js';
import { nodeDisk, refuseLocked } from '../store/index.js';
import { accessOf } from './access.js';
import { pageAddress, volunteerAddress } from './addresses.js';
import { closeServer, hostNamesOf, isHostAllowed, listen } from './http-server.js';
import { servingLimits } from './limits.js';
import { LiveSide, type LiveSideOptions } from './live-side.js';
import { reportName } from './report-file.js';
import type { FinishedJob } from './run-driver.js';
import { RunInProgress } from './run-in-progress.js';
import { RunRate } from './run-rate.js';
import { resultOf, type RunResult } from './run-result.js';
import { heartbeatMilliseconds, type CoordinatorOptions, type RunProgress } from './run-setup.js';
import { readStaticFiles, type StaticFiles } from './static-files.js';
import { statusPages, type RunEvent, type RunStatus } from './status-page.js';
import { helpOf, summaryOf } from './run-summary.js';
import { sessionOf } from './serving.js';
import { Traffic } from './traffic.js';
import { policyFor } from './upgrade-policy.js';
import { listenForWebSockets } from './websocket-listener.js';

/** A run that is going on. */
export interface RunningCoordinator {
  /** What workers connect to: `ws://host:port/`. */
  readonly address: string;
  /** What its owner opens in a browser. */
  readonly pageAddress: string;
  /** What volunteers open. */
  readonly volunteerAddress: string;
  readonly run: string;
  /** Resolves at the run's end; rejects where it cannot go on. */
  readonly done: Promise<RunResult>;
  /** Ends the run with a checkpoint, when the job at hand is done or after this time. */
  stop(drainMilliseconds?: number): Promise<RunResult>;
}

/** Starts a run, or continues one. Throws RunError where port or folder are taken, or where there is nothing to continue. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { host = '127.0.0.1', port = 0, tls } = options;
  const filesOf = (folder: string | undefined) => (folder === undefined ? new Map() : readStaticFiles(folder));
  const liveFiles = filesOf(options.liveFolder);
  const coordinator = new Coordinator(options, liveFiles);
  const hostNames = hostNamesOf(options);
  const { acceptsWorker, acceptsAdministrator } = accessOf(options);
  const pages = statusPages({
    status: () => coordinator.status(),
    isHostAllowed: (name) => isHostAllowed(name, hostNames),
    acceptsAdministrator,
    volunteers: {
      acceptsWorker,
      files: filesOf(options.volunteerFolder),
      summary: (workerName) => coordinator.summary(workerName),
    },
    liveFiles,
  });
  // A run that someone else is at work on says so, rather than that its port is taken.
  if (options.resume !== undefined) await refuseLocked(nodeDisk, options.folder);
  // Otherwise the port first: where it is taken, no folder is made.
  const server = await listen({ host, port, tls }, pages);
  try {
    await coordinator.open(server);
    return coordinator;
  } catch (error) {
    await closeServer(server);
    throw error;
  }
}

const tickMilliseconds = 20;
const flushMilliseconds = 1000;
const progressMilliseconds = 50;
const eventCount = 50;
/** How long the job at hand may still take when the run is stopped. */
const defaultDrainMilliseconds = 5000;
/** How long workers are given to leave by themselves when the run is over. */
const farewellMilliseconds = 1000;

class Coordinator implements RunningCoordinator {
  readonly done: Promise<RunResult>;
  readonly #options: CoordinatorOptions;
  readonly #liveFiles: StaticFiles;
  readonly #rate = new RunRate();
  readonly #startedAt = performance.now();
  #inProgress: RunInProgress | undefined;
  #live: LiveSide | undefined;
  #events: readonly RunEvent[] = [];
  #lastProgressAt = -Infinity;
  #isOver = false;
  #resolve: (result: RunResult) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #server: Server | undefined;
  #listener: Listener | undefined;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(options: CoordinatorOptions, liveFiles: StaticFiles) {
    this.#options = options;
    this.#liveFiles = liveFiles;
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
    return pageAddress(this.address, this.#options).address;
  }

  get volunteerAddress(): string {
    return volunteerAddress(this.address, this.#options).address;
  }

  get run(): string {
    return this.#opened.run;
  }

  /** The run; only after `open`. */
  get #opened(): RunInProgress {
    if (this.#inProgress === undefined) throw new Error('Cannot use a coordinator before its run is open');
    return this.#inProgress;
  }

  /** Takes the folder, and begins. */
  async open(server: Server): Promise<void> {
    const inProgress = await RunInProgress.open(this.#options, {
      ...{ disk: nodeDisk, now: () => performance.now(), date: () => new Date() },
      onRecord: (record) => this.#noteRecord(record),
      onJobDone: (job) => this.#noteJob(job),
      onLog: (entry) => this.#log(entry),
      onEnd: (outcome) => void this.#finish(outcome).catch((error: unknown) => this.#fail(error)),
      onFault: (error) => void this.#fail(error).catch(() => undefined),
    });
    this.#inProgress = inProgress;
    this.#server = server;
    const { frameBytes } = inProgress;
    const { accept } = inProgress.driver;
    const traffic = new Traffic();
    const live = this.#watch({ inProgress, server, traffic });
    const { bufferedBytes, handshakeMilliseconds } = servingLimits;
    const listener = listenForWebSockets({
      ...{ server, path: '/', otherPaths: [livePath], accept: traffic.counted(accept) },
      policy: policyFor(this.#options),
      bounds: { frameBytes, bufferedBytes, handshakeMilliseconds, heartbeatMilliseconds },
    });
    this.#listener = listener;
    // Whoever knocks meanwhile is let in: of a request that the page's feed leaves to others nobody else would hear.
    await live.recall().catch(async (error: unknown) => {
      await this.#close();
      throw error;
    });
    this.#timers = [
      setInterval(() => inProgress.tick(), tickMilliseconds),
      setInterval(() => inProgress.flush(), flushMilliseconds),
    ];
    const port = Number(new URL(listener.address).port);
    inProgress.start({ time: new Date().toISOString(), software: this.#options.software, ...sessionOf(this.#options), port });
  }

  stop(drainMilliseconds = defaultDrainMilliseconds): Promise<RunResult> {
    const { driver, core } = this.#opened;
    if (core.workerCount > 0 && drainMilliseconds > 0) {
      driver.train({ type: 'stopRequested', when: 'after-job' });
      const timer = setTimeout(() => driver.train({ type: 'stopRequested', when: 'at-once' }), drainMilliseconds);
      this.#timers = [...this.#timers, timer];
    } else {
      driver.train({ type: 'stopRequested', when: 'at-once' });
    }
    return this.done;
  }

  /** Where the run stands. */
  status(): RunStatus | undefined {
    if (this.#inProgress === undefined) return undefined;
    const { run, core, training } = this.#inProgress;
    const { step, trainLoss, parametersSha256, evaluations, outcome } = training.progress;
    const { config, plan, software } = this.#options;
    const { sequencesPerSecond, secondsLeft = null } = this.#progress();
    return {
      ...{ run, name: plan.name, software, outcome: outcome ?? null, step, stepCount: plan.stepCount },
      ...{ trainLoss, parametersSha256, evaluation: evaluations.at(-1) ?? null, sequencesPerSecond, secondsLeft },
      admittedTolerant: config.coordination.admit === 'tolerant',
      ...core.snapshot(performance.now()),
      events: this.#events,
    };
  }

  /** Where the run stands, for volunteers. */
  summary(workerName: string | undefined): RunSummary | undefined {
    const state = this.status();
    if (state === undefined || this.#inProgress === undefined) return undefined;
    const { plan, config, operator = null, contact = null } = this.#options;
    const { run, outcome, step, trainLoss, sequencesPerSecond, workers } = state;
    const help = helpOf(workerName, this.#inProgress.core.statistics);
    return summaryOf({
      ...{ config, plan, operator, contact, losses: this.#live?.lossCurve(curvePointLimit), study: null },
      state: { run, outcome, step, trainLoss, sequencesPerSecond, workerCount: workers.length },
      worker: help === undefined ? null : { isConnected: workers.some(({ name }) => name === workerName), ...help },
    });
  }

  /** What the run's owner sees, from now on. */
  #watch(run: Pick<LiveSideOptions, 'inProgress' | 'server' | 'traffic'>): LiveSide {
    const live = new LiveSide({
      ...{ ...run, coordinator: this.#options, files: this.#liveFiles, rate: this.#rate, events: this.#events },
      time: () => new Date().toISOString(),
      volunteers: () => volunteerAddress(this.address, this.#options),
    });
    this.#live = live;
    return live;
  }

  #noteRecord(record: RunRecord): void {
    this.#live?.noteRecord(record);
    if (record.type === 'evaluation') this.#options.onEvaluation?.(record.evaluation);
  }

  #noteJob({ kind, stepCount, milliseconds }: FinishedJob): void {
    const { plan, onProgress } = this.#options;
    if (kind === 'train') this.#rate.add(stepCount * plan.microbatchCount * plan.microbatchSize, milliseconds);
    const now = performance.now();
    const isLast = this.#opened.training.progress.step === plan.stepCount;
    if (onProgress === undefined || (now - this.#lastProgressAt < progressMilliseconds && !isLast)) return;
    this.#lastProgressAt = now;
    onProgress(this.#progress());
  }

  #progress(): RunProgress {
    const { core, training } = this.#opened;
    const { step, trainLoss } = training.progress;
    const { plan } = this.#options;
    const rate = this.#rate.recent;
    const sequencesLeft = (plan.stepCount - step) * plan.microbatchCount * plan.microbatchSize;
    return {
      ...{ step, stepCount: plan.stepCount, loss: trainLoss, sequencesPerSecond: rate },
      secondsLeft: rate === 0 ? undefined : sequencesLeft / rate,
      workerCount: core.workerCount,
    };
  }

  #log(entry: LogEntry): void {
    const event = { time: new Date().toISOString(), ...entry };
    this.#events = [...this.#events.slice(1 - eventCount), event];
    this.#live?.noteEvent(event);
    this.#options.onLog?.(entry);
  }

  async #finish(outcome: Outcome): Promise<void> {
    const { run, core, training } = this.#opened;
    const result = resultOf({
      ...{ run, folder: this.#options.folder, progress: { ...training.progress, outcome }, statistics: core.statistics },
      seconds: (performance.now() - this.#startedAt) / 1000,
      sequencesPerSecond: this.#rate.overall,
      admittedTolerant: this.#options.config.coordination.admit === 'tolerant',
    });
    await this.#opened.finish(result);
    // Beside the result, which is safe already: a disk that has no room for a picture takes nothing from the run.
    await this.#live?.save().catch((error: unknown) => {
      this.#log({
        level: 'warning',
        text: `Cannot write ${reportName}: ${error instanceof Error ? error.message : String(error)}`,
      });
    });
    await this.#farewell();
    await this.#close();
    this.#resolve(result);
  }

  /** Waits until workers have left by themselves, for a while. */
  async #farewell(): Promise<void> {
    const until = performance.now() + farewellMilliseconds;
    while (this.#opened.driver.connectionCount > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #fail(error: unknown): Promise<void> {
    // Rejects whatever happens: whoever waits for the run must not wait for ever. After the end this changes nothing.
    try {
      if (!this.#isOver) await this.#close();
    } finally {
      this.#reject(error);
    }
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    const [listener, server] = [this.#listener, this.#server];
    for (const timer of this.#timers) clearTimeout(timer);
    try {
      await Promise.all([this.#live?.close(), listener?.close()]);
      if (server !== undefined) await closeServer(server);
    } finally {
      await this.#inProgress?.close();
    }
  }
}
