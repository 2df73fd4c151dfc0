// A coordinator as a whole: run folder, server, core and training, from the first record to the result.

import type { Server } from 'node:http';
import type { Listener } from '../../protocol/index.js';
import { CoordinatorCore, Training, type LogEntry, type Outcome, type RunRecord } from '../index.js';
import { closeServer, hostNamesOf, isHostAllowed, listen } from './http-server.js';
import { RunDriver } from './run-driver.js';
import { RunRate } from './run-rate.js';
import { resultOf, type RunResult } from './run-result.js';
import {
  coreOptionsOf,
  heartbeatMilliseconds,
  manifestOf,
  newRunId,
  programsOf,
  sha256,
  type CoordinatorOptions,
  type RunProgress,
} from './run-setup.js';
import { RunStore } from './run-store.js';
import { statusPages, type RunEvent, type RunStatus } from './status-page.js';
import { loopbackPolicy } from './upgrade-policy.js';
import { listenForWebSockets } from './websocket-listener.js';

/** A run that is going on. */
export interface RunningCoordinator {
  /** What workers connect to: `ws://host:port/`. */
  readonly address: string;
  readonly run: string;
  /** Resolves at the run's end; rejects where it cannot go on. */
  readonly done: Promise<RunResult>;
  /** Ends the run with a checkpoint of its last step. */
  stop(): Promise<RunResult>;
}

/** Starts a run. Throws RunError where port or folder are taken. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const coordinator = new Coordinator(options);
  await coordinator.open();
  return coordinator;
}

const tickMilliseconds = 20;
const progressMilliseconds = 50;
const eventCount = 50;
/** How long workers are given to leave by themselves when the run is over. */
const farewellMilliseconds = 1000;

class Coordinator implements RunningCoordinator {
  readonly run: string;
  readonly done: Promise<RunResult>;
  readonly #options: CoordinatorOptions;
  readonly #programs;
  readonly #core: CoordinatorCore;
  readonly #training: Training;
  readonly #driver: RunDriver;
  readonly #rate = new RunRate();
  readonly #startedAt = performance.now();
  #events: readonly RunEvent[] = [];
  #lastProgressAt = -Infinity;
  #result: RunResult | undefined;
  #resolve: (result: RunResult) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #server: Server | undefined;
  #listener: Listener | undefined;
  #store: RunStore | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CoordinatorOptions) {
    const { config, plan, backend } = options;
    this.#options = options;
    this.run = newRunId(config.name);
    this.#programs = programsOf(plan);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for `done` hears of it; nobody has to.
    this.done.catch(() => undefined);
    const coreOptions = coreOptionsOf(options, this.run, this.#programs);
    const { digestEvery, checkpointEvery } = config.training;
    this.#core = new CoordinatorCore(coreOptions);
    this.#training = new Training({
      ...{ plan, backend, programSha256: this.#programs.digests, digest: sha256, digestEvery, checkpointEvery },
    });
    this.#driver = new RunDriver({
      ...{ core: this.#core, training: this.#training, now: () => performance.now() },
      programs: coreOptions.programs.map(({ bytes, ...program }) => ({ ...program, byteLength: bytes.byteLength })),
      onRecord: (record) => this.#keep(record),
      onJobDone: (kind, milliseconds) => this.#noteJob(kind, milliseconds),
      onLog: (entry) => this.#log(entry),
      onEnd: (outcome) => void this.#finish(outcome).catch((error: unknown) => this.#fail(error)),
      onFault: (error) => void this.#fail(error),
    });
  }

  get address(): string {
    return this.#listener?.address ?? '';
  }

  /** Takes port and folder, and begins. */
  async open(): Promise<void> {
    const { host = '127.0.0.1', port = 0, config, plan, folder } = this.#options;
    const hostNames = hostNamesOf(host);
    const pages = statusPages({
      status: () => this.#status(),
      isHostAllowed: (name) => isHostAllowed(name, hostNames),
    });
    const server = await listen({ host, port }, pages);
    this.#server = server;
    try {
      this.#store = await RunStore.create({
        ...{ folder, manifest: manifestOf(this.#options, this.run, this.#programs), programs: this.#programs.bytes },
        context: { runId: this.run, plan, programs: this.#programs.digests },
        keepCheckpoints: config.training.keepCheckpoints,
        keepContributions: config.coordination.contributionLog,
        now: () => new Date(),
        onError: (error) => void this.#fail(error),
      });
    } catch (error) {
      await closeServer(server);
      throw error;
    }
    const frameBytes = this.#driver.frameBytes;
    this.#listener = listenForWebSockets({
      ...{ server, path: '/', accept: this.#driver.accept },
      policy: { ...loopbackPolicy, allowedHosts: hostNames },
      bounds: { frameBytes, bufferedBytes: 64 * 1024 * 1024, handshakeMilliseconds: 10_000, heartbeatMilliseconds },
    });
    this.#timer = setInterval(() => this.#driver.dispatch({ type: 'tick' }), tickMilliseconds);
    this.#driver.train({ type: 'start' });
  }

  stop(): Promise<RunResult> {
    this.#driver.train({ type: 'stopRequested' });
    return this.done;
  }

  #keep(record: RunRecord): void {
    this.#store?.record(record);
    if (record.type === 'evaluation') this.#options.onEvaluation?.(record.evaluation);
  }

  #noteJob(kind: 'train' | 'evaluate', milliseconds: number): void {
    const { plan, onProgress } = this.#options;
    if (kind === 'train') this.#rate.add(plan.microbatchCount * plan.microbatchSize, milliseconds);
    const now = performance.now();
    const isLast = this.#training.progress.step === plan.stepCount;
    if (onProgress === undefined || (now - this.#lastProgressAt < progressMilliseconds && !isLast)) return;
    this.#lastProgressAt = now;
    onProgress(this.#progress());
  }

  #progress(): RunProgress {
    const { step, trainLoss } = this.#training.progress;
    const { plan } = this.#options;
    const rate = this.#rate.recent;
    const sequencesLeft = (plan.stepCount - step) * plan.microbatchCount * plan.microbatchSize;
    return {
      ...{ step, stepCount: plan.stepCount, loss: trainLoss, sequencesPerSecond: rate },
      secondsLeft: rate === 0 ? undefined : sequencesLeft / rate,
      workerCount: this.#core.workerCount,
    };
  }

  #status(): RunStatus {
    const { step, trainLoss, parametersSha256, evaluations, outcome } = this.#training.progress;
    const { plan, software } = this.#options;
    const { sequencesPerSecond, secondsLeft = null } = this.#progress();
    return {
      ...{ run: this.run, name: plan.name, software, outcome: outcome ?? null, step, stepCount: plan.stepCount },
      ...{ trainLoss, parametersSha256, evaluation: evaluations.at(-1) ?? null, sequencesPerSecond, secondsLeft },
      ...this.#core.snapshot(performance.now()),
      events: this.#events,
    };
  }

  #log(entry: LogEntry): void {
    this.#events = [...this.#events.slice(1 - eventCount), { time: new Date().toISOString(), ...entry }];
    this.#options.onLog?.(entry);
  }

  /** Everything is on disk before workers hear that the run is over. */
  async #finish(outcome: Outcome): Promise<void> {
    const result = resultOf({
      ...{ run: this.run, folder: this.#options.folder, progress: this.#training.progress, statistics: this.#core.statistics },
      seconds: (performance.now() - this.#startedAt) / 1000,
      sequencesPerSecond: this.#rate.overall,
    });
    await this.#store?.finish(result);
    const { parametersSha256 } = result;
    this.#driver.dispatch({ type: 'runEnded', reason: outcome, parametersSha256 });
    await this.#farewell();
    await this.#close();
    this.#result = result;
    this.#resolve(result);
  }

  /** Waits until workers have left by themselves, for a while. */
  async #farewell(): Promise<void> {
    const until = performance.now() + farewellMilliseconds;
    while (this.#driver.connectionCount > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#result !== undefined) return;
    this.#reject(error);
    await this.#close();
  }

  async #close(): Promise<void> {
    const [listener, server, store] = [this.#listener, this.#server, this.#store];
    this.#listener = undefined;
    this.#server = undefined;
    this.#store = undefined;
    clearInterval(this.#timer);
    await listener?.close();
    if (server !== undefined) await closeServer(server);
    await store?.close();
  }
}
