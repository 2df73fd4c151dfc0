// The tab's side of its GPU: a dedicated worker owns the device; leases go there one by one, with a rest between them.

import { proxy } from 'comlink';
import type { Program } from '../../tensor/index.js';
import { computeFailure, type Computer, type ComputeResult, type ComputeTask, type Proven } from '../../worker/index.js';
import { restAfter } from './duty.js';
import type { GpuService } from './gpu-service.js';
import { ThreadHandle } from './thread-handle.js';

/** The device has a watchdog of its own; a thread that does not even hear it is ended so much later. */
const graceMilliseconds = 10_000;

/** How a GPU is used. */
export interface GpuComputerOptions {
  /** Of the GPU's time. */
  readonly dutyPercent: number;
  /** The device was lost, and another one has taken its place. */
  readonly onLoss: () => void;
}

/** Sums leases on the GPU. */
export class GpuComputer implements Computer {
  readonly #thread: ThreadHandle<GpuService>;
  readonly #onLoss: () => void;
  #dutyPercent: number;
  #restUntil = 0;
  /** Ends the rest before a task; undefined while there is none. */
  #wake: (() => void) | undefined;
  #cancelledTaskId = 0;

  constructor({ dutyPercent, onLoss }: GpuComputerOptions) {
    this.#dutyPercent = dutyPercent;
    this.#onLoss = onLoss;
    this.#thread = ThreadHandle.onGpu();
  }

  async prove(): Promise<Proven> {
    await this.#thread.call((service) => service.watch(proxy(this.#onLoss)));
    return this.#thread.call((service) => service.prove());
  }

  /** How much of its time the GPU works from the next lease on. */
  setDuty(dutyPercent: number): void {
    this.#dutyPercent = dutyPercent;
  }

  loadProgram(sha256: string, program: Program): void {
    // A thread that fails here is found by the next task.
    this.#thread.call((service) => service.loadProgram(sha256, program)).catch(() => undefined);
  }

  unloadProgram(sha256: string): void {
    this.#thread.call((service) => service.unloadProgram(sha256)).catch(() => undefined);
  }

  loadParameters(bytes: Uint8Array): void {
    const own = bytes.slice();
    this.#thread.call((service) => service.loadParameters(own)).catch(() => undefined);
  }

  async compute(task: ComputeTask): Promise<ComputeResult> {
    await this.#rest();
    if (this.#cancelledTaskId === task.taskId) return { type: 'computeCancelled' };
    const startedAt = performance.now();
    const watchdog = setTimeout(() => this.#thread.terminate(), task.limitMilliseconds + graceMilliseconds);
    try {
      return await this.#thread.call((service) => service.compute(task));
    } catch (error) {
      return computeFailure('compute-failed', error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(watchdog);
      const endedAt = performance.now();
      this.#restUntil = endedAt + restAfter(endedAt - startedAt, this.#dutyPercent);
    }
  }

  cancel(taskId: number): void {
    this.#cancelledTaskId = taskId;
    this.#wake?.();
    this.#thread.call((service) => service.cancel(taskId)).catch(() => undefined);
  }

  close(): Promise<void> {
    this.#wake?.();
    this.#thread.terminate();
    return Promise.resolve();
  }

  #rest(): Promise<void> {
    const milliseconds = this.#restUntil - performance.now();
    if (milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
