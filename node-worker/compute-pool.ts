// The threads of one machine, which sum a lease together. A lease is cut into tree nodes that free threads take one by one, and
// whoever finishes the second of two siblings merges them, so the sum's bits do not depend on who was faster.

import { inputLength, outputLength, type Program } from '../tensor/index.js';
import {
  computeFailure,
  planTasks,
  type Computer,
  type ComputeResult,
  type ComputeTask,
  type Proven,
  type SegmentTask,
} from '../worker/index.js';
import type { BackendName } from './backends-by-name.js';
import type { SharedTask, ThreadAnswer } from './compute-service.js';
import { boardLayout, clearBoard, createBoard, otherSide, vectorAt, type ProgramMemory, type Side } from './shared-memory.js';
import { ThreadHandle } from './thread-handle.js';

/** How a pool is made. */
export interface ComputePoolOptions {
  readonly threadCount: number;
  readonly backend: BackendName;
  /** Bytes that the partial sums of one program may take. */
  readonly slotBytes?: number;
}

interface PooledProgram {
  readonly program: Program;
  readonly memory: ProgramMemory;
  readonly outputLength: number;
  readonly taskCount: number;
}

/** Tasks for each thread: enough that none waits long for the last one, few enough that merging costs nothing. */
const tasksPerThread = 4;
const defaultSlotBytes = 256 * 1024 * 1024;

/** A pool of compute threads. It computes one task at a time. */
export class ComputePool implements Computer {
  readonly #options: ComputePoolOptions;
  readonly #board: Int32Array<SharedArrayBuffer>;
  readonly #threads: ThreadHandle[];
  readonly #programs = new Map<string, PooledProgram>();
  /** Two parameter vectors for each byte length in use. */
  readonly #parameters = new Map<number, SharedArrayBuffer>();
  #parametersVersion = 0;
  #parametersSide: Side = 0;
  /** Where the running task reads its parameters. */
  #sideInUse: Side | undefined;
  #resultSide: Side = 0;
  #isClosed = false;

  constructor(options: ComputePoolOptions) {
    this.#options = options;
    this.#board = createBoard(2 * options.threadCount * tasksPerThread);
    this.#threads = Array.from({ length: options.threadCount }, () => this.#startThread());
  }

  /** The proof of class, by the first thread. Rejects where threads cannot start. */
  async prove(): Promise<Proven> {
    const proofs = Promise.all(this.#threads.map((thread) => thread.call((service) => service.prove())));
    const [proven] = await proofs.catch((cause: unknown) => {
      const found = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot start compute threads: ${found}`, { cause });
    });
    if (proven === undefined) throw new RangeError('Cannot prove arithmetic: 0 threads found, at least 1 wanted');
    return proven;
  }

  /** Gives every thread a program; compiling goes on in the threads. */
  loadProgram(sha256: string, program: Program): void {
    const [inputs, outputs] = [inputLength(program), outputLength(program)];
    const slots = Math.floor((this.#options.slotBytes ?? defaultSlotBytes) / (4 * outputs));
    const wanted = this.#threads.length === 1 ? 1 : this.#threads.length * tasksPerThread;
    // A plan has fewer than twice as many tasks as asked for, and the first task needs no slot.
    const taskCount = Math.max(1, Math.min(wanted, Math.floor(slots / 2)));
    const parameters = this.#parametersOf(4 * inputs);
    const results = new SharedArrayBuffer(2 * 4 * outputs);
    const memory = { parameters, results, slots: new SharedArrayBuffer(taskCount > 1 ? (2 * taskCount - 1) * 4 * outputs : 0) };
    const pooled = { program, memory, outputLength: outputs, taskCount };
    this.#programs.set(sha256, pooled);
    for (const thread of this.#threads) giveProgram(thread, sha256, pooled);
  }

  /** Forgets a program. */
  unloadProgram(sha256: string): void {
    this.#programs.delete(sha256);
    if (this.#programs.size === 0) this.#parameters.clear();
    for (const thread of this.#threads) thread.call((service) => service.unloadProgram(sha256)).catch(() => undefined);
  }

  /** Takes the parameters for the following tasks. The running task keeps its own. */
  loadParameters(bytes: Uint8Array): void {
    const memory = this.#parametersOf(bytes.byteLength);
    this.#parametersSide = otherSide(this.#sideInUse ?? this.#parametersSide);
    this.#parametersVersion += 1;
    new Uint8Array(memory, this.#parametersSide * bytes.byteLength, bytes.byteLength).set(bytes);
  }

  /** Sums a lease. Never rejects. */
  async compute(task: ComputeTask): Promise<ComputeResult> {
    const pooled = this.#programs.get(task.programSha256);
    if (pooled === undefined) return computeFailure('compute-failed', `program ${task.programSha256.slice(0, 8)} is not loaded`);
    const startedAt = performance.now();
    this.#resultSide = otherSide(this.#resultSide);
    this.#sideInUse = this.#parametersSide;
    const shared = this.#shareTask(task, pooled);
    clearBoard(this.#board);
    const { answers, errors, overran } = await this.#runThreads(shared, task.limitMilliseconds);
    this.#sideInUse = undefined;
    if (errors.length > 0) this.#replaceEndedThreads();
    if (overran) return overrun(task.limitMilliseconds);
    if (errors[0] !== undefined) return computeFailure('compute-failed', errors[0]);
    const milliseconds = performance.now() - startedAt;
    for (const answer of answers) {
      if (answer.type === 'rejected') return computeFailure('program-rejected', answer.reason);
      if (answer.type !== 'sealed') continue;
      const sums = vectorAt(pooled.memory.results, shared.resultSide, pooled.outputLength);
      return { type: 'computed', sums, finite: answer.finite, payloadSha256: answer.payloadSha256, milliseconds };
    }
    return { type: 'computeCancelled' };
  }

  /** Computes a segment in the first thread. Never rejects. */
  async computeSegment(task: SegmentTask): Promise<ComputeResult> {
    const [thread] = this.#threads;
    if (thread === undefined) return computeFailure('compute-failed', 'no thread found');
    const startedAt = performance.now();
    clearBoard(this.#board);
    const watchdog = setTimeout(() => void thread.terminate(), task.limitMilliseconds);
    try {
      const answer = await thread.computeSegment(task);
      if (answer.type === 'cancelled') return { type: 'computeCancelled' };
      if (answer.type === 'rejected') return computeFailure('program-rejected', answer.reason);
      const { result, finite, payloadSha256 } = answer;
      return { type: 'computed', sums: result, finite, payloadSha256, milliseconds: performance.now() - startedAt };
    } catch (error) {
      if (!thread.isEnding) await thread.terminate();
      this.#replaceEndedThreads();
      if (performance.now() - startedAt >= task.limitMilliseconds) return overrun(task.limitMilliseconds);
      return computeFailure('compute-failed', error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Tells the threads to stop a task after the microbatch at hand. */
  cancel(taskId: number): void {
    Atomics.store(this.#board, boardLayout.cancelledTask, taskId);
  }

  /** Ends all threads; a task that is under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #parametersOf(byteLength: number): SharedArrayBuffer {
    const memory = this.#parameters.get(byteLength) ?? new SharedArrayBuffer(2 * byteLength);
    this.#parameters.set(byteLength, memory);
    return memory;
  }

  #startThread(): ThreadHandle {
    return new ThreadHandle({ backend: this.#options.backend, board: this.#board });
  }

  #shareTask(task: ComputeTask, { taskCount }: PooledProgram): SharedTask {
    const { taskId, programSha256, key, node, microbatchSize } = task;
    const parameters = { parametersVersion: this.#parametersVersion, parametersSide: this.#parametersSide };
    return { taskId, programSha256, ...parameters, resultSide: this.#resultSide, key, node, microbatchSize, taskCount };
  }

  async #runThreads(task: SharedTask, limitMilliseconds: number): Promise<ThreadsReport> {
    const busy = new Set(this.#threads.slice(0, planTasks(task.node, task.taskCount).tasks.length));
    const answers: ThreadAnswer[] = [];
    const errors: string[] = [];
    let overran = false;
    const watchdog = setTimeout(() => {
      overran = true;
      for (const thread of busy) void thread.terminate();
    }, limitMilliseconds);
    const runThread = async (thread: ThreadHandle): Promise<void> => {
      try {
        answers.push(await thread.compute(task));
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
        // Without this thread's part the others work for nothing. What it threw may have left its memory in any state.
        this.cancel(task.taskId);
        await thread.terminate();
      } finally {
        busy.delete(thread);
      }
    };
    await Promise.all([...busy].map(runThread));
    clearTimeout(watchdog);
    return { answers, errors, overran };
  }

  #replaceEndedThreads(): void {
    // Threads that nobody ends any more would keep the process from ending.
    if (this.#isClosed) return;
    this.#threads.forEach((thread, index) => {
      if (!thread.isEnding) return;
      const successor = this.#startThread();
      this.#threads[index] = successor;
      for (const [sha256, pooled] of this.#programs) giveProgram(successor, sha256, pooled);
    });
  }
}

const overrun = (limitMilliseconds: number): ComputeResult =>
  computeFailure('compute-failed', `the computation took longer than ${Math.round(limitMilliseconds)} ms`);

interface ThreadsReport {
  readonly answers: readonly ThreadAnswer[];
  readonly errors: readonly string[];
  readonly overran: boolean;
}

function giveProgram(thread: ThreadHandle, sha256: string, { program, memory }: PooledProgram): void {
  // A thread that fails here is found by the next task.
  thread.call((service) => service.loadProgram(sha256, program, memory)).catch(() => undefined);
}
