// A run in progress: its folder, the two pure halves, and the driver that joins them. It has no server and no timers, so that a
// simulation can run it on a clock and a disk of its own.

import {
  CoordinatorCore,
  Training,
  type RunError,
  type LogEntry,
  type Outcome,
  type ResumePoint,
  type RunRecord,
} from '../index.js';
import { RunStore, type Disk, type RunSession } from '../store/index.js';
import { RunDriver, type FinishedJob } from './run-driver.js';
import {
  coreOptionsOf,
  frameBytesOf,
  givesSegments,
  manifestOf,
  newRunId,
  programsOf,
  sha256,
  type CoordinatorOptions,
  type RunPrograms,
} from './run-setup.js';

/** The world around a run, and who hears of it. */
export interface RunSurroundings {
  readonly disk: Disk;
  /** Steady milliseconds. */
  readonly now: () => number;
  /** Wall clock, for curves. */
  readonly date: () => Date;
  readonly onRecord: (record: RunRecord) => void;
  readonly onJobDone: (job: FinishedJob) => void;
  readonly onLog: (entry: LogEntry) => void;
  /** Training has ended; its last records are on their way to the disk. */
  readonly onEnd: (outcome: Outcome) => void;
  /** The run cannot go on. */
  readonly onFault: (error: unknown) => void;
}

/** A run between the opening and the closing of its folder. */
export class RunInProgress {
  readonly run: string;
  readonly core: CoordinatorCore;
  readonly training: Training;
  readonly driver: RunDriver;
  /** The bytes of the longest frame that a worker has reason to send. */
  readonly frameBytes: number;
  readonly #store: RunStore;

  private constructor(opened: OpenedFolder, options: CoordinatorOptions, surroundings: RunSurroundings) {
    const { config, plan, backend } = options;
    const { run, programs, store, resume } = opened;
    const { now, onJobDone, onLog, onEnd, onFault } = surroundings;
    this.run = run;
    this.#store = store;
    const coreOptions = coreOptionsOf(options, run, programs);
    const { digestEvery, checkpointEvery } = config.training;
    const digestsSums = config.coordination.contributionLog;
    this.core = new CoordinatorCore(coreOptions);
    this.training = new Training({
      ...{ plan, backend, digest: sha256, digestEvery, checkpointEvery },
      programSha256: { train: programs.trainSha256, evaluate: programs.evaluate.sha256 },
      ...(resume === undefined ? {} : { resume }),
      ...(givesSegments(options) ? { segments: { updateSha256: programs.digests.update, digestsSums } } : {}),
    });
    const scalarCount = givesSegments(options) ? plan.updateScalars(0).length : undefined;
    this.frameBytes = frameBytesOf(programs, scalarCount);
    this.driver = new RunDriver({
      ...{ core: this.core, training: this.training, now, onJobDone, onLog, onEnd, onFault },
      ...(scalarCount === undefined ? {} : { scalarCount }),
      programs: coreOptions.programs.map(({ bytes, ...program }) => ({ ...program, byteLength: bytes.byteLength })),
      onRecord: (record) => {
        store.record(record);
        surroundings.onRecord(record);
      },
    });
  }

  /** Makes the folder of a new run, or continues the one in it. Throws RunError where that is not possible. */
  static async open(options: CoordinatorOptions, surroundings: RunSurroundings): Promise<RunInProgress> {
    const opened = await openFolder(options, surroundings);
    for (const text of opened.warnings) surroundings.onLog({ level: 'warning', text });
    return new RunInProgress(opened, options, surroundings);
  }

  /** Begins to work; workers may connect from now on. */
  start(session: Omit<RunSession, 'firstStep'>): void {
    this.#store.noteSession({ ...session, firstStep: this.training.progress.firstStep });
    this.driver.train({ type: 'start' });
  }

  /** Lets the core look at its deadlines. */
  tick(): void {
    this.driver.dispatch({ type: 'tick' });
  }

  /** Writes the lines of the logs that were gathered. */
  flush(): void {
    this.#store.flush();
  }

  /** Writes how the run ended, and then tells the workers: everything is on disk before they hear of it. */
  async finish(result: { readonly outcome: Outcome; readonly parametersSha256: string }): Promise<void> {
    await this.#store.finish(result);
    const { outcome, parametersSha256 } = result;
    this.driver.dispatch({ type: 'runEnded', reason: outcome, parametersSha256 });
  }

  /** Ends all writing and frees the folder. */
  close(): Promise<void> {
    return this.#store.close();
  }
}

interface OpenedFolder {
  readonly run: string;
  readonly programs: RunPrograms;
  readonly store: RunStore;
  readonly resume: ResumePoint | undefined;
  readonly warnings: readonly string[];
}

async function openFolder(options: CoordinatorOptions, { disk, date, onFault }: RunSurroundings): Promise<OpenedFolder> {
  const { config, plan, folder } = options;
  const run = options.resume?.run ?? newRunId(config.name);
  const programs = programsOf(plan);
  const { keepCheckpoints, keepCheckpointEvery } = config.training;
  const storeOptions = {
    ...{ disk, folder, now: date, context: { runId: run, plan, programs: programs.digests } },
    ...{
      retention: { newest: keepCheckpoints, every: keepCheckpointEvery },
      keepContributions: config.coordination.contributionLog,
      isExact: config.coordination.admit === 'exact',
    },
    onError: (error: RunError) => onFault(error),
  };
  if (options.resume !== undefined) return { run, programs, ...(await RunStore.reopen(storeOptions)) };
  const manifest = manifestOf(options, { runId: run, programs, createdAt: date() });
  const store = await RunStore.create(storeOptions, { manifest, programs: programs.bytes });
  return { run, programs, store, resume: undefined, warnings: [] };
}
