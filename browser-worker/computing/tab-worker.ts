// The dedicated worker behind the page: it watches the run, and when it is asked to, it works for it. The page only shows and asks.

import { printableText } from '../../protocol/index.js';
import { defaultLimits } from '../../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  type Proven,
  type ShellState,
  type WorkerOutcome,
  type WorkerSettings,
  type WorkerShell,
} from '../../worker/index.js';
import type { Activity, TabNews, TabWorkerOptions } from '../news.js';
import { ComputePool } from './compute-pool.js';
import { createDigest, type Digest } from './digest.js';
import { RunWatch, type Sight } from './run-watch.js';
import { RestartingCount } from './restarting-count.js';
import { startStint } from './stint.js';
import { Throughput } from './throughput.js';

/** A pause lets the lease at hand be finished, but not for longer than this. */
const drainMilliseconds = 1500;
/** A connection is given up after this silence, if the coordinator says that it is not there, or does not answer any more. */
const silenceMilliseconds = 5000;
const unansweredCount = 3;
const newsMilliseconds = 250;

/** A tab as a worker. Exposed over comlink; its methods return at once and tell what happens as news. */
export class TabWorker {
  readonly #options: TabWorkerOptions;
  readonly #onNews: (news: TabNews) => void;
  readonly #workerId = randomWorkerId();
  readonly #throughput = new Throughput();
  readonly #accepted = new RestartingCount();
  #watch: RunWatch | undefined;
  #threadCount: number;
  #activity: Activity = { type: 'idle' };
  #proofClass: TabNews['proofClass'] = 'unknown';
  #run: TabNews['run'];
  #isCoordinatorHere = false;
  #pool: ComputePool | undefined;
  #stint: WorkerShell | undefined;
  /** Whether the volunteer wants work to be done; a stint that is ending is followed by another if so. */
  #isWanted = false;
  #newsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TabWorkerOptions, onNews: (news: TabNews) => void) {
    this.#options = options;
    this.#onNews = onNews;
    this.#threadCount = options.threadCount;
    this.#look();
  }

  /** Works, or works again. */
  start(): void {
    this.#isWanted = true;
    this.#look();
    if (this.#stint === undefined && this.#activity.type !== 'preparing') void this.#work();
  }

  /** Finishes what is being computed, gives the rest back and frees the processors. */
  pause(): void {
    this.#isWanted = false;
    const stint = this.#stint;
    if (stint === undefined) {
      if (this.#activity.type === 'idle') this.#show({ type: 'paused' });
      return;
    }
    this.#show({ type: 'pausing' });
    stint.drain();
    setTimeout(() => stint.stop(), drainMilliseconds);
  }

  /** Leaves at once: the page is being closed. */
  leave(): void {
    this.#isWanted = false;
    this.#stint?.stop();
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** How many compute workers are used from the next lease on. */
  setThreadCount(threadCount: number): void {
    this.#threadCount = threadCount;
    this.#pool?.resize(threadCount);
    this.#tell();
  }

  async #work(): Promise<void> {
    this.#show({ type: 'preparing' });
    try {
      const digest = await createDigest();
      const pool = new ComputePool(this.#threadCount, digest);
      this.#pool = pool;
      const proven = await pool.prove();
      const isExact = proven.arithmetic === 'exact';
      this.#proofClass = isExact ? 'exact' : 'different';
      // The page may have thought better of it while the workers started.
      if (!this.#isWanted) return this.#end({ type: 'stopped' });
      if (!isExact) return this.#end(differentArithmetic);
      this.#stint = startStint({
        address: this.#options.socketAddress,
        settings: settingsOf(this.#options, { workerId: this.#workerId, threadCount: this.#threadCount, proven, digest }),
        computer: pool,
        onState: (state) => this.#showState(state),
        onComputed: (sequenceCount) => {
          this.#throughput.add(sequenceCount, performance.now());
          this.#tellSoon();
        },
      });
      this.#end(await this.#stint.done);
    } catch (error) {
      const found = printableText(error instanceof Error ? error.message : String(error));
      this.#end({ type: 'failed', code: 'compute-failed', message: `Cannot start compute workers: ${found}` });
    }
  }

  #end(outcome: WorkerOutcome): void {
    this.#stint = undefined;
    // A paused tab keeps no memory.
    void this.#pool?.close();
    this.#pool = undefined;
    this.#throughput.reset();
    switch (outcome.type) {
      case 'finished':
        this.#isWanted = false;
        this.#rest();
        // The last look was a moment too early.
        if (outcome.reason === 'completed' && this.#run !== undefined) this.#run = { ...this.#run, step: this.#run.stepCount };
        return this.#show({ type: 'over', reason: outcome.reason });
      case 'failed':
        this.#isWanted = false;
        return this.#show({ type: 'refused', code: outcome.code, message: outcome.message });
      case 'drained':
      case 'stopped':
        if (this.#isWanted) return void this.#work();
        return this.#show({ type: 'paused' });
    }
  }

  #showState(state: ShellState): void {
    if (!this.#isWanted) return;
    this.#show(state.type === 'waiting' ? { type: 'waiting', retryAt: Date.now() + state.milliseconds } : state);
  }

  #look(): void {
    this.#watch ??= new RunWatch(`${this.#options.summaryAddress}?worker=${encodeURIComponent(this.#options.name)}`, (sight) =>
      this.#see(sight),
    );
  }

  /** The run is over: nobody is there to be asked. */
  #rest(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #see({ run, failureCount }: Sight): void {
    this.#accepted.note(run?.worker?.committedNodes);
    this.#run = run ?? this.#run;
    this.#isCoordinatorHere = run !== undefined || (this.#isCoordinatorHere && failureCount < unansweredCount);
    const isMissed = run === undefined ? failureCount >= unansweredCount : run.worker?.isConnected !== true;
    if (isMissed && (this.#stint?.silenceMilliseconds ?? 0) > silenceMilliseconds) {
      this.#stint?.abandonConnection('found no answer from the coordinator');
    }
    this.#tell();
  }

  #show(activity: Activity): void {
    this.#activity = activity;
    this.#tell();
  }

  #tellSoon(): void {
    this.#newsTimer ??= setTimeout(() => this.#tell(), newsMilliseconds);
  }

  #tell(): void {
    clearTimeout(this.#newsTimer);
    this.#newsTimer = undefined;
    this.#onNews({
      activity: this.#activity,
      proofClass: this.#proofClass,
      threadCount: this.#threadCount,
      sequencesPerSecond: this.#throughput.rate(performance.now()),
      sequenceCount: this.#throughput.total,
      acceptedCount: this.#accepted.total,
      run: this.#run,
      isCoordinatorHere: this.#isCoordinatorHere,
    });
  }
}

const differentArithmetic: WorkerOutcome = {
  type: 'failed',
  code: 'proof-failed',
  message: 'Cannot join: results found that differ from those of every other machine, the same bits wanted',
};

interface Found {
  readonly workerId: string;
  readonly threadCount: number;
  readonly proven: Proven;
  readonly digest: Digest;
}

function settingsOf({ name, software }: TabWorkerOptions, { workerId, threadCount, proven, digest }: Found): WorkerSettings {
  return {
    // Whoever gets here has the expected proof.
    identity: {
      workerId,
      workerName: name,
      kind: 'browser',
      backend: 'wasm',
      threadCount,
      software,
      proof: proven.proof,
      arithmetic: 'exact',
    },
    // The page came from this coordinator: if it is gone, it will be back.
    times: { ...defaultWorkerTimes, connectMilliseconds: Infinity },
    limits: { program: defaultLimits, ...defaultLeaseLimits },
    sha256: digest,
    random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  };
}

function randomWorkerId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
