// The dedicated worker behind the page: it watches the run, and when it is asked to, it works for it. The page only shows and asks.

import { printableText, type RunSummary } from '../../protocol/index.js';
import type { ShellState, WorkerOutcome, WorkerShell } from '../../worker/index.js';
import type { Activity, TabIdentity, TabNews, TabWorkerOptions, Terms } from '../news.js';
import { createDigest } from './digest.js';
import { RunWatch, type Sight } from './run-watch.js';
import { RestartingCount } from './restarting-count.js';
import { startStint } from './stint.js';
import { TabDevices } from './tab-devices.js';
import { settingsOf } from './tab-settings.js';
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
  readonly #throughput = new Throughput();
  readonly #accepted = new RestartingCount();
  readonly #devices: TabDevices;
  #identity: TabIdentity;
  #watch: RunWatch | undefined;
  #activity: Activity = { type: 'idle' };
  #proofClass: TabNews['proofClass'] = 'unknown';
  #run: TabNews['run'];
  #isCoordinatorHere = false;
  #isUninvited = false;
  #stint: WorkerShell | undefined;
  /** Whether a device is being opened and proved. */
  #isPreparing = false;
  /** Whether the volunteer wants work to be done; a stint that is ending is followed by another if so. */
  #isWanted = false;
  #newsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TabWorkerOptions, onNews: (news: TabNews) => void) {
    this.#options = options;
    this.#onNews = onNews;
    this.#identity = options.identity;
    this.#devices = new TabDevices(options.terms, () => this.#heedDevices());
    void this.#devices.look();
    this.#look();
  }

  /** Works, or works again. */
  start(): void {
    this.#isWanted = true;
    this.#look();
    if (this.#stint === undefined && !this.#isPreparing) void this.#work();
  }

  /** Finishes what is being computed, gives the rest back and frees the device. */
  pause(): void {
    this.#isWanted = false;
    if (this.#stint === undefined && !this.#isPreparing) {
      if (this.#activity.type === 'idle') this.#show({ type: 'paused' });
      return;
    }
    this.#show({ type: 'pausing' });
    // What is being prepared ends with its device.
    if (this.#stint === undefined) this.#devices.close();
    else drain(this.#stint);
  }

  /** Leaves at once: the page is being closed. */
  leave(): void {
    this.#isWanted = false;
    this.#stint?.stop();
    this.#rest();
  }

  /** How much of which device is lent; another device takes over as soon as the lease at hand is finished. */
  setTerms(terms: Terms): void {
    this.#devices.setTerms(terms);
  }

  /** Who the tab is from the next stint on. */
  setIdentity(identity: TabIdentity): void {
    this.#identity = identity;
    this.#rest();
    this.#look();
  }

  #heedDevices(): void {
    if (this.#devices.isOutdated && this.#stint !== undefined) drain(this.#stint);
    this.#tell();
  }

  async #work(): Promise<void> {
    this.#isPreparing = true;
    this.#show({ type: 'preparing' });
    try {
      const [digest] = await Promise.all([createDigest(), this.#devices.look()]);
      const { backend, threadCount, computer } = this.#devices.open(digest);
      const { proof, arithmetic } = await computer.prove();
      this.#proofClass = arithmetic === 'exact' ? 'exact' : 'different';
      this.#isPreparing = false;
      // The page may have thought better of it while the device was proved.
      if (!this.#isWanted || this.#devices.isOutdated) return this.#end({ type: 'stopped' });
      if (arithmetic !== 'exact') return this.#end(differentArithmetic);
      const { software, token, socketAddress } = this.#options;
      this.#stint = startStint({
        address: socketAddress,
        settings: settingsOf({ identity: this.#identity, backend, threadCount, proof, software, token, digest }),
        computer,
        onState: (state) => this.#showState(state),
        onComputed: (sequenceCount) => {
          this.#throughput.add(sequenceCount, performance.now());
          this.#tellSoon();
        },
      });
      this.#end(await this.#stint.done);
    } catch (error) {
      this.#isPreparing = false;
      const found = printableText(error instanceof Error ? error.message : String(error));
      this.#end({ type: 'failed', code: 'compute-failed', message: `Cannot start computing: ${found}` });
    }
  }

  #end(outcome: WorkerOutcome): void {
    this.#stint = undefined;
    const isBlamed = outcome.type === 'failed' && this.#devices.blame(outcome.code);
    this.#devices.close();
    this.#throughput.reset();
    switch (outcome.type) {
      case 'finished':
        this.#isWanted = false;
        this.#rest();
        // The last look was a moment too early.
        if (outcome.reason === 'completed' && this.#run !== undefined) this.#run = completed(this.#run);
        return this.#show({ type: 'over', reason: outcome.reason });
      case 'failed':
        if (isBlamed || !this.#isWanted) return this.#goOn();
        this.#isWanted = false;
        return this.#show({ type: 'refused', code: refusalOf(outcome), message: outcome.message });
      case 'drained':
      case 'stopped':
        return this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#isWanted) void this.#work();
    else this.#show({ type: 'paused' });
  }

  #showState(state: ShellState): void {
    if (!this.#isWanted) return;
    this.#show(state.type === 'waiting' ? { type: 'waiting', retryAt: Date.now() + state.milliseconds } : state);
  }

  #look(): void {
    const { summaryAddress, token } = this.#options;
    const address = `${summaryAddress}?worker=${encodeURIComponent(this.#identity.name)}`;
    this.#watch ??= new RunWatch({ address, token }, (sight) => this.#see(sight));
  }

  /** Nobody is there to be asked, or nobody asks. */
  #rest(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #see({ run, failureCount, isUninvited }: Sight): void {
    this.#accepted.note(run?.worker?.committedNodes);
    this.#run = run ?? this.#run;
    this.#isUninvited = isUninvited;
    // The same question would get the same answer, and a line on the console each time.
    if (isUninvited) this.#rest();
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
      device: this.#devices.news,
      proofClass: this.#proofClass,
      sequencesPerSecond: this.#throughput.rate(performance.now()),
      sequenceCount: this.#throughput.total,
      acceptedCount: this.#accepted.total,
      run: this.#run,
      isCoordinatorHere: this.#isCoordinatorHere,
      isUninvited: this.#isUninvited,
    });
  }
}

/** The run, or all runs of its study, at the end. */
function completed(run: RunSummary): RunSummary {
  const { study, stepCount } = run;
  return study === null ? { ...run, step: stepCount } : { ...run, study: { ...study, endedCount: study.runCount } };
}

function drain(stint: WorkerShell): void {
  stint.drain();
  setTimeout(() => stint.stop(), drainMilliseconds);
}

const differentArithmetic: WorkerOutcome = {
  type: 'failed',
  code: 'proof-failed',
  message: 'Cannot join: results found that differ from those of every other machine, the same bits wanted',
};

/** What browsers say when they have no memory to give. */
const memoryRefusal = /allocat|out of memory/i;

function refusalOf({ code, message }: WorkerOutcome & { type: 'failed' }): string {
  return memoryRefusal.test(message) ? 'memory-refused' : code;
}
