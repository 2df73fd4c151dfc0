// A run on disk:
//
//   run.json                        configuration, versions, digests of the programs
//   programs/<sha256>.json          the programs, canonical
//   trajectory.jsonl                the hash chain of step, loss and parameters' digest
//   contributions.jsonl             who computed which tree node
//   metrics.jsonl                   curves: steps and evaluations
//   checkpoints/step-N.safetensors  states to continue from
//   result.json                     how it ended; absent before
//   lock                            held by the coordinator
//
// Records are gathered and written in the background, in order; a checkpoint comes after the lines it stands on.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, RunRecord } from '../index.js';
import { encodeCheckpoint, writeCheckpoint, type CheckpointContext } from './checkpoint-file.js';
import { LineFile, replaceFile, syncFolder } from './durable-files.js';
import { RunError } from './run-error.js';
import { lockNewFolder, type RunLock } from './run-lock.js';

/** What a run's folder is made of. */
export interface RunStoreOptions {
  readonly folder: string;
  readonly context: CheckpointContext;
  /** Content of run.json. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Canonical bytes by digest. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly keepCheckpoints: number;
  readonly keepContributions: boolean;
  /** Wall clock, for curves. */
  readonly now: () => Date;
  /** The disk is full, the folder is gone: the run cannot go on. */
  readonly onError: (error: RunError) => void;
}

interface RunFiles {
  readonly trajectory: LineFile;
  readonly contributions: LineFile;
  readonly metrics: LineFile;
}

const flushMilliseconds = 1000;

/** The folder of a run that is going on. */
export class RunStore {
  readonly #options: RunStoreOptions;
  readonly #lock: RunLock;
  readonly #files: RunFiles;
  readonly #timer: NodeJS.Timeout;
  #queue: Promise<void> = Promise.resolve();
  #hasFailed = false;

  private constructor(options: RunStoreOptions, lock: RunLock, files: RunFiles) {
    this.#options = options;
    this.#lock = lock;
    this.#files = files;
    this.#timer = setInterval(() => this.#enqueue(() => this.#flush()), flushMilliseconds);
    this.#timer.unref();
  }

  /** Makes the folder of a new run. Throws RunError where that is not possible. */
  static async create(options: RunStoreOptions): Promise<RunStore> {
    const { folder, manifest, programs } = options;
    const lock = await lockNewFolder(folder);
    try {
      for (const name of ['programs', 'checkpoints']) await mkdir(join(folder, name));
      for (const [sha256, bytes] of programs) await replaceFile(join(folder, 'programs', `${sha256}.json`), bytes);
      const files = {
        trajectory: await LineFile.open(join(folder, 'trajectory.jsonl')),
        contributions: await LineFile.open(join(folder, 'contributions.jsonl')),
        metrics: await LineFile.open(join(folder, 'metrics.jsonl')),
      };
      await replaceFile(join(folder, 'run.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncFolder(folder);
      return new RunStore(options, lock, files);
    } catch (error) {
      await lock.release();
      throw unwritable(folder, error);
    }
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Keeps a record; it is on disk a second later, a checkpoint as soon as possible. */
  record(record: RunRecord): void {
    const { trajectory, contributions, metrics } = this.#files;
    switch (record.type) {
      case 'trajectory':
        trajectory.add(record.entry);
        break;
      case 'metrics': {
        const { step, loss, learningRate, values } = record.metrics;
        metrics.add({ type: 'step', step, loss, learningRate, ...values, time: this.#options.now().toISOString() });
        break;
      }
      case 'evaluation':
        metrics.add({ type: 'evaluation', ...record.evaluation, time: this.#options.now().toISOString() });
        break;
      case 'contributions': {
        if (!this.#options.keepContributions) break;
        const { kind, step } = record;
        for (const { begin, end, workerId, sha256 } of record.contributions) {
          contributions.add({ kind, step, begin, end, worker: workerId, sha256 });
        }
        break;
      }
      case 'checkpoint':
        this.#enqueue(() => this.#writeCheckpoint(record.checkpoint));
        break;
    }
  }

  /** Writes everything that is still to be written, and how the run ended. */
  async finish(result: unknown): Promise<void> {
    this.#enqueue(() => replaceFile(join(this.folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`));
    await this.#queue;
  }

  /** Ends all writing and frees the folder. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#enqueue(() => this.#flush());
    await this.#queue;
    for (const file of linesOf(this.#files)) await file.close();
    await this.#lock.release();
  }

  async #flush(): Promise<void> {
    for (const file of linesOf(this.#files)) await file.flush();
  }

  async #writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { context, keepCheckpoints } = this.#options;
    for (const file of linesOf(this.#files)) await file.sync();
    const bytes = encodeCheckpoint(checkpoint, context);
    await writeCheckpoint(join(this.folder, 'checkpoints'), checkpoint.step, bytes, keepCheckpoints);
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#options.onError(unwritable(this.folder, error));
    });
  }
}

function linesOf({ trajectory, contributions, metrics }: RunFiles): readonly LineFile[] {
  return [trajectory, contributions, metrics];
}

function unwritable(folder: string, error: unknown): RunError {
  if (error instanceof RunError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RunError('run-unwritable', `Cannot write run to ${folder}: ${reason}`, { cause: error });
}
