// A run on disk:
//
//   run.json                        configuration, versions, digests of the programs
//   programs/<sha256>.json          the programs, canonical
//   contributions.jsonl, trajectory.jsonl, metrics.jsonl    the logs (run-logs.ts)
//   checkpoints/step-N.safetensors  states to continue from
//   session.json                    when a coordinator last began to work on the run, and where it listens
//   result.json                     how it ended; absent before
//   report.html                     the live page as it was at the end; written by the shell, read by nobody here
//   lock                            held by the coordinator
//
// Records are gathered and written in the background, in order; a checkpoint comes after the lines it stands on.

import { join } from 'node:path';
import type { Checkpoint, ResumePoint, RunError, RunRecord } from '../index.js';
import type { CheckpointContext } from './checkpoint-file.js';
import { checkpointFolder, writeCheckpoint, type Retention } from './checkpoint-folder.js';
import type { Disk, DiskLock } from './disk.js';
import { LogWriter } from './log-writer.js';
import { partialSuffix, replaceFile } from './replace-file.js';
import { folderNames, lockNewFolder, lockRunFolder, unwritable } from './run-folder.js';
import { lineOf, logFile, logNames, type LogName } from './run-logs.js';
import { encodeManifest, manifestName, type RunManifest } from './run-manifest.js';
import { recover } from './run-recovery.js';

/** What a run's folder is made of. */
export interface RunStoreOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly context: CheckpointContext;
  readonly retention: Retention;
  readonly keepContributions: boolean;
  /** Whether what is computed again has the same bits: not where tolerant workers help. */
  readonly isExact: boolean;
  /** Wall clock, for curves. */
  readonly now: () => Date;
  /** The disk is full, the folder is gone: the run cannot go on. */
  readonly onError: (error: RunError) => void;
}

/** A new run. */
export interface NewRun {
  readonly manifest: RunManifest;
  /** Canonical bytes by digest. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** A run that is continued. */
export interface ReopenedRun {
  readonly store: RunStore;
  readonly resume: ResumePoint;
  /** What had to be left out, for people. */
  readonly warnings: readonly string[];
}

/** Content of session.json. */
export interface RunSession {
  readonly time: string;
  readonly software: string;
  readonly host: string;
  readonly port: number;
  readonly firstStep: number;
  /** Whether it was served over TLS, under which address of a proxy, and what was said of its operator. */
  readonly isSecure?: boolean;
  readonly publicUrl?: string;
  readonly isProxyTrusted?: boolean;
  readonly operator?: string;
  readonly contact?: string;
}

type Logs = Readonly<Record<LogName, LogWriter>>;

/** Checkpoints that may wait to be written. Where the disk is slower than the run, newer ones take the place of the last of them. */
const waitingCheckpointLimit = 4;

/** The folder of a run that is going on. */
export class RunStore {
  readonly #options: RunStoreOptions;
  readonly #lock: DiskLock;
  readonly #logs: Logs;
  readonly #waiting: { checkpoint: Checkpoint }[] = [];
  #queue: Promise<void> = Promise.resolve();
  #failure: RunError | undefined;
  #isFlushWaiting = false;
  #lastTime = { milliseconds: Number.NaN, text: '' };

  private constructor(options: RunStoreOptions, lock: DiskLock, logs: Logs) {
    this.#options = options;
    this.#lock = lock;
    this.#logs = logs;
  }

  /** Makes the folder of a new run. Throws RunError where that is not possible. */
  static async create(options: RunStoreOptions, { manifest, programs }: NewRun): Promise<RunStore> {
    const { disk, folder } = options;
    return withLock(folder, lockNewFolder(disk, folder), async (lock) => {
      const programFolder = join(folder, folderNames.programs);
      for (const path of [programFolder, checkpointFolder(folder)]) await disk.makeFolder(path);
      for (const [sha256, bytes] of programs) await replaceFile(disk, join(programFolder, `${sha256}.json`), bytes);
      const logs = await openLogs(disk, folder, () => -Infinity);
      await disk.syncFolder(folder);
      await replaceFile(disk, join(folder, manifestName), encodeManifest(manifest));
      return new RunStore(options, lock, logs);
    });
  }

  /** Continues the run in a folder. Throws RunError where there is none, where someone else has it, or where it is damaged. */
  static async reopen(options: RunStoreOptions): Promise<ReopenedRun> {
    const { disk, folder, context, keepContributions, isExact, retention } = options;
    return withLock(folder, lockRunFolder(disk, folder), async (lock) => {
      const { resume, extents, warnings } = await recover(disk, {
        ...{ folder, context, keepContributions, isExact, newestCount: retention.newest },
      });
      const torn = logNames.filter((name) => extents[name].isCut);
      for (const name of torn) await disk.truncate(join(folder, logFile(name)), extents[name].byteLength);
      const logs = await openLogs(disk, folder, (name) => extents[name].moment);
      for (const name of torn) await logs[name].sync();
      await removePartials(disk, checkpointFolder(folder));
      await disk.remove(join(folder, folderNames.result));
      await disk.syncFolder(folder);
      return { store: new RunStore(options, lock, logs), resume, warnings };
    });
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Keeps a record: a line at the next flush, a checkpoint as soon as possible. */
  record(record: RunRecord): void {
    if (record.type === 'checkpoint') return this.#recordCheckpoint(record.checkpoint);
    if (record.type === 'contributions' && !this.#options.keepContributions) return;
    const { log, moment, value } = lineOf(record, this.#time());
    this.#logs[log].add(moment, value);
  }

  /** Now, as text: made once for the many steps that a segment brings within a millisecond. */
  #time(): string {
    const now = this.#options.now();
    if (now.getTime() !== this.#lastTime.milliseconds) {
      this.#lastTime = { milliseconds: now.getTime(), text: now.toISOString() };
    }
    return this.#lastTime.text;
  }

  /** Writes the lines gathered so far, in the background. */
  flush(): void {
    if (this.#isFlushWaiting) return;
    this.#isFlushWaiting = true;
    this.#enqueue(async () => {
      this.#isFlushWaiting = false;
      for (const name of logNames) await this.#logs[name].flush();
    });
  }

  /** Notes that a coordinator has begun to work on the run, and where it listens. */
  noteSession(session: RunSession): void {
    const { disk, folder } = this.#options;
    const bytes = Buffer.from(`${JSON.stringify(session)}\n`);
    this.#enqueue(() => replaceFile(disk, join(folder, folderNames.session), bytes));
  }

  /** Writes everything that is still to be written, and how the run ended. Rejects where something could not be written. */
  async finish(result: unknown): Promise<void> {
    const { disk, folder } = this.#options;
    const bytes = Buffer.from(`${JSON.stringify(result, null, 2)}\n`);
    this.#enqueue(() => replaceFile(disk, join(folder, folderNames.result), bytes));
    await this.#queue;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends all writing and frees the folder. */
  async close(): Promise<void> {
    this.flush();
    await this.#queue;
    for (const name of logNames) await this.#logs[name].close().catch(() => undefined);
    await this.#lock.release();
  }

  #recordCheckpoint(checkpoint: Checkpoint): void {
    const { every } = this.#options.retention;
    const last = this.#waiting.at(-1);
    const mayBeReplaced = last !== undefined && (every === null || last.checkpoint.step % every !== 0);
    if (mayBeReplaced && this.#waiting.length >= waitingCheckpointLimit) {
      last.checkpoint = checkpoint;
      return;
    }
    this.#waiting.push({ checkpoint });
    this.#enqueue(async () => {
      const next = this.#waiting.shift();
      if (next !== undefined) await this.#writeCheckpoint(next.checkpoint);
    });
  }

  async #writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { disk, folder, context, retention } = this.#options;
    for (const name of logNames) await this.#logs[name].sync();
    await writeCheckpoint(disk, folder, { checkpoint, context, retention });
  }

  /** After the first failure nothing more is written: half a line must stay the last one of its log. */
  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await work();
      } catch (error) {
        this.#failure = unwritable(this.folder, error);
        this.#options.onError(this.#failure);
      }
    });
  }
}

async function removePartials(disk: Disk, folder: string): Promise<void> {
  const names = (await disk.list(folder)) ?? [];
  for (const name of names.filter((one) => one.endsWith(partialSuffix))) await disk.remove(join(folder, name));
}

async function openLogs(disk: Disk, folder: string, momentOf: (name: LogName) => number): Promise<Logs> {
  const open = (name: LogName): Promise<LogWriter> => LogWriter.open(disk, join(folder, logFile(name)), momentOf(name));
  return { contributions: await open('contributions'), trajectory: await open('trajectory'), metrics: await open('metrics') };
}

/** Does something with a locked folder; where it fails the lock is given back, and errors of the disk are told as RunError. */
async function withLock<T>(folder: string, locked: Promise<DiskLock>, use: (lock: DiskLock) => Promise<T>): Promise<T> {
  let lock: DiskLock | undefined;
  try {
    lock = await locked;
    return await use(lock);
  } catch (error) {
    await lock?.release();
    throw unwritable(folder, error);
  }
}
