// The compute workers of one tab, which sum a lease together: each takes parts of it one by one, the pool adds them up by the tree.

import { outputLength, type Program } from '../../tensor/index.js';
import {
  computeFailure,
  sealSums,
  type Computer,
  type ComputeResult,
  type ComputeTask,
  type Proven,
} from '../../worker/index.js';
import type { ComputeService } from './compute-service.js';
import type { Digest } from './digest.js';
import { LeaseSum } from './lease-sum.js';
import { ThreadHandle } from './thread-handle.js';

type Thread = ThreadHandle<ComputeService>;

/** Parts for each worker: enough that none waits long for the last one, few enough that messages cost nothing. */
const partsPerThread = 4;
/** Bytes that the partial sums of a lease may take. */
const partBytes = 256 * 1024 * 1024;

interface RunningTask {
  readonly task: ComputeTask;
  readonly sum: LeaseSum;
  readonly busy: Set<Thread>;
  /** Why no further part is given out; undefined while all is well. */
  end: Exclude<ComputeResult, { readonly type: 'computed' }> | undefined;
}

/** A pool of compute workers. It computes one task at a time. */
export class ComputePool implements Computer {
  readonly #digest: Digest;
  #threads: Thread[] = [];
  #threadCount: number;
  readonly #programs = new Map<string, Program>();
  #parameters: Uint8Array<ArrayBuffer> | undefined;
  #running: RunningTask | undefined;

  constructor(threadCount: number, digest: Digest) {
    this.#threadCount = threadCount;
    this.#digest = digest;
    this.#fillUp();
  }

  /** The proof of class, by the first worker; all have started then. Rejects where they cannot. */
  async prove(): Promise<Proven> {
    const [proven] = await Promise.all(this.#threads.map((thread) => thread.call((service) => service.prove())));
    if (proven === undefined) throw new RangeError('Cannot prove arithmetic: 0 compute workers found, at least 1 wanted');
    return proven;
  }

  /** How many workers compute from the next task on. */
  resize(threadCount: number): void {
    this.#threadCount = threadCount;
  }

  /** Gives every worker a program; compiling goes on there. */
  loadProgram(sha256: string, program: Program): void {
    this.#programs.set(sha256, program);
    for (const thread of this.#threads) giveProgram(thread, sha256, program);
  }

  /** Forgets a program. */
  unloadProgram(sha256: string): void {
    this.#programs.delete(sha256);
    for (const thread of this.#threads) thread.call((service) => service.unloadProgram(sha256)).catch(() => undefined);
  }

  /** Takes the parameters for the following tasks. */
  loadParameters(bytes: Uint8Array): void {
    this.#parameters = bytes.slice();
    for (const thread of this.#threads) giveParameters(thread, this.#parameters);
  }

  /** Sums a lease. Never rejects. */
  async compute(task: ComputeTask): Promise<ComputeResult> {
    const program = this.#programs.get(task.programSha256);
    if (program === undefined) return computeFailure('compute-failed', `program ${task.programSha256.slice(0, 8)} is not loaded`);
    this.#fillUp();
    const startedAt = performance.now();
    const running: RunningTask = {
      task,
      sum: new LeaseSum(task.node, this.#partCount(program)),
      busy: new Set(),
      end: undefined,
    };
    this.#running = running;
    const watchdog = setTimeout(() => overrun(running), task.limitMilliseconds);
    await Promise.all(this.#threads.map((thread) => this.#runThread(thread, running)));
    clearTimeout(watchdog);
    this.#running = undefined;
    const sums = running.sum.whole;
    if (running.end !== undefined) return running.end;
    if (sums === undefined) return { type: 'computeCancelled' };
    return { type: 'computed', sums, ...sealSums(sums, this.#digest), milliseconds: performance.now() - startedAt };
  }

  /** Stops a task after the microbatches at hand. */
  cancel(taskId: number): void {
    if (this.#running?.task.taskId === taskId) stop(this.#running, { type: 'computeCancelled' });
  }

  /** Ends all workers. */
  close(): Promise<void> {
    for (const thread of this.#threads.splice(0)) thread.terminate();
    return Promise.resolve();
  }

  #partCount(program: Program): number {
    const wanted = this.#threads.length === 1 ? 1 : this.#threads.length * partsPerThread;
    // A plan has at most twice as many parts as asked for, of four bytes a value.
    return Math.max(1, Math.min(wanted, Math.floor(partBytes / (8 * outputLength(program)))));
  }

  async #runThread(thread: Thread, running: RunningTask): Promise<void> {
    const { taskId, programSha256, key, microbatchSize } = running.task;
    for (;;) {
      const part = running.end === undefined ? running.sum.take() : undefined;
      if (part === undefined) return;
      running.busy.add(thread);
      const task = { taskId, programSha256, key, node: part.node, microbatchSize };
      try {
        const answer = await thread.call((service) => service.sum(task));
        if (answer.type === 'summed') running.sum.add(part, answer.sums);
        else
          stop(
            running,
            answer.type === 'rejected' ? computeFailure('program-rejected', answer.reason) : { type: 'computeCancelled' },
          );
      } catch (error) {
        // What it threw may have left its memory in any state, and without this part the others work for nothing.
        thread.terminate();
        stop(running, computeFailure('compute-failed', error instanceof Error ? error.message : String(error)));
      } finally {
        running.busy.delete(thread);
      }
    }
  }

  /** Ends what is too many, and starts what is missing or has ended. */
  #fillUp(): void {
    for (const thread of this.#threads.slice(this.#threadCount)) thread.terminate();
    this.#threads = this.#threads.slice(0, this.#threadCount).filter((thread) => !thread.isEnding);
    while (this.#threads.length < this.#threadCount) {
      const thread = ThreadHandle.onProcessor();
      this.#threads.push(thread);
      for (const [sha256, program] of this.#programs) giveProgram(thread, sha256, program);
      if (this.#parameters !== undefined) giveParameters(thread, this.#parameters);
    }
  }
}

function stop(running: RunningTask, end: NonNullable<RunningTask['end']>): void {
  running.end ??= end;
  const { taskId } = running.task;
  for (const thread of running.busy) thread.call((service) => service.cancel(taskId)).catch(() => undefined);
}

/** A loop that does not end hears nothing: the workers end by force, and others take their place at the next task. */
function overrun(running: RunningTask): void {
  const limit = Math.round(running.task.limitMilliseconds);
  // A cancelled task stays cancelled, whatever it takes to stop it.
  running.end ??= computeFailure('compute-failed', `the computation took longer than ${limit} ms`);
  for (const thread of running.busy) thread.terminate();
}

function giveProgram(thread: Thread, sha256: string, program: Program): void {
  // A worker that fails here is found by the next task.
  thread.call((service) => service.loadProgram(sha256, program)).catch(() => undefined);
}

function giveParameters(thread: Thread, bytes: Uint8Array<ArrayBuffer>): void {
  thread.call((service) => service.loadParameters(bytes)).catch(() => undefined);
}
