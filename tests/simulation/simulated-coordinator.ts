// A coordinator of a simulated world: the real run (core, training, folder) on a virtual clock and a disk that forgets, started again
// by a supervisor whenever it is gone.

import { RunError, type Outcome } from '../../coordinator/index.js';
import { manifestName, readManifest, type Disk } from '../../coordinator/store/index.js';
import { RunInProgress } from '../../coordinator/shell/run-in-progress.js';
import { resultOf } from '../../coordinator/shell/run-result.js';
import type { CoordinatorOptions } from '../../coordinator/shell/run-setup.js';
import type { Chance } from './chance.js';
import type { Oracle } from './oracle.js';
import { SimulatedProcess } from './process.js';
import { simulatedProof } from './simulated-worker.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';

/** The folder of the run on the simulated disk. */
export const runFolder = '/run';

/** Where a coordinator lives, and what becomes of it. */
export interface CoordinatorSurroundings {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly disk: Disk;
  /** Decides which sums are computed again. */
  readonly chance: Chance;
  readonly trace: Trace;
  readonly date: () => Date;
  /** The folder is open; `warnings` tell what had to be left out of it. */
  readonly onOpen: (opened: {
    readonly isContinued: boolean;
    readonly firstStep: number;
    readonly warnings: readonly string[];
  }) => void;
  /** The result is written and the workers have been told of the run's end. */
  readonly onTold: (outcome: Outcome) => void;
  readonly onFault: (error: unknown) => void;
}

const shortestTickMilliseconds = 20;
const longestTickMilliseconds = 5000;
const flushMilliseconds = 1000;
/** How long the job at hand may still take when the run is stopped. */
const drainMilliseconds = 5000;

/** One life of a coordinator's process. */
export class SimulatedCoordinator {
  readonly process: SimulatedProcess;
  readonly #surroundings: CoordinatorSurroundings;
  #run: RunInProgress | undefined;
  #tickMilliseconds = shortestTickMilliseconds;
  #flushedAt = 0;
  #isClosing = false;

  constructor(surroundings: CoordinatorSurroundings) {
    this.#surroundings = surroundings;
    this.process = new SimulatedProcess(surroundings.clock);
  }

  /** Opens the run and begins. */
  async start(): Promise<void> {
    const { disk, trace, date, onFault, onOpen, network } = this.#surroundings;
    const warnings: string[] = [];
    let isOpen = false;
    try {
      const options = await this.#options();
      const run = await RunInProgress.open(options, {
        ...{ disk, date, now: () => this.process.now },
        onRecord: (record) => {
          if (record.type === 'trajectory') trace('coordinator', 'commits', () => `step ${record.entry.step}`);
        },
        onJobDone: () => undefined,
        onLog: ({ level, text }) => {
          trace('coordinator', 'says', () => text);
          if (level === 'warning' && !isOpen) warnings.push(text);
        },
        onEnd: (outcome) => void this.#finish(outcome).catch(onFault),
        onFault,
      });
      isOpen = true;
      this.#run = run;
      const { firstStep } = run.training.progress;
      trace(
        'coordinator',
        'lives',
        () => `${options.resume === undefined ? 'starts' : 'continues'} the run at step ${firstStep}`,
      );
      onOpen({ isContinued: options.resume !== undefined, firstStep, warnings });
      network.listen(this.process, (connection) => {
        const handlers = run.driver.accept(connection);
        return {
          onFrame: (frame) => {
            this.#tickMilliseconds = shortestTickMilliseconds;
            handlers.onFrame(frame);
          },
          onClose: (closure) => handlers.onClose(closure),
        };
      });
      run.start({ time: date().toISOString(), software: 'simulated 0', host: '127.0.0.1', port: 1 });
      this.#tick(run);
    } catch (error) {
      onFault(error);
    }
  }

  /** Asks the run to end, as Ctrl-C does; one that is not open yet hears nothing. */
  stop(): void {
    const run = this.#run;
    if (run === undefined || this.#isClosing) return;
    const isWorkedOn = run.core.workerCount > 0;
    run.driver.train({ type: 'stopRequested', when: isWorkedOn ? 'after-job' : 'at-once' });
    if (isWorkedOn) this.process.after(drainMilliseconds, () => run.driver.train({ type: 'stopRequested', when: 'at-once' }));
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Ends all writing and frees the folder. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#run?.close();
  }

  async #options(): Promise<CoordinatorOptions> {
    const { disk, oracle, chance } = this.#surroundings;
    const { config, plan, backend } = oracle;
    const names = await disk.list(runFolder);
    const about = { config, plan, backend, proof: simulatedProof, folder: runFolder, software: 'simulated 0', segments: true };
    const options = { ...about, chance: () => chance.fraction() };
    if (names?.includes(manifestName) !== true) return options;
    const { run } = await readManifest(disk, runFolder);
    return { ...options, resume: { run } };
  }

  async #finish(outcome: Outcome): Promise<void> {
    const run = this.#run;
    if (run === undefined) throw new RunError('run-absent', 'Cannot finish a run that is not open');
    const progress = { ...run.training.progress, outcome };
    const rest = {
      folder: runFolder,
      statistics: run.core.statistics,
      seconds: 0,
      sequencesPerSecond: 0,
      admittedTolerant: false,
    };
    await run.finish(resultOf({ run: run.run, progress, ...rest }));
    this.#surroundings.onTold(outcome);
  }

  /** Ticks come less often where nothing happens, so that hours pass quickly; a real timer may be as late. */
  #tick(run: RunInProgress): void {
    this.process.after(this.#tickMilliseconds, () => {
      if (this.#isClosing) return;
      run.tick();
      if (this.process.now - this.#flushedAt >= flushMilliseconds) {
        this.#flushedAt = this.process.now;
        run.flush();
      }
      this.#tickMilliseconds = Math.min(longestTickMilliseconds, this.#tickMilliseconds * 1.5);
      this.#tick(run);
    });
  }
}
