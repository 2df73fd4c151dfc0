// What the worker that owns the GPU does for its tab: sums leases on the device, and opens another device when that one is lost.

import { transfer } from 'comlink';
import { createWebGpuBackend, requestDevice, wasmBackend } from '../../backends/index.js';
import type { Program } from '../../tensor/index.js';
import { DeviceComputer, type ComputeResult, type ComputeTask, type LeaseDevice, type Proven } from '../../worker/index.js';
import { browserTimers } from './browser-timers.js';
import { createDigest } from './digest.js';

/** The work of the GPU's worker; exposed over comlink. */
export class GpuService {
  #computer: DeviceComputer | undefined;
  #onLoss: () => void = () => undefined;
  #openCount = 0;
  /** Whether there was no device when one was wanted last, or that one was lost since. */
  #isMissing = false;

  /** Who is told that a device was lost and another one opened. */
  watch(onLoss: () => void): void {
    this.#onLoss = onLoss;
  }

  /** Opens the device and proves its arithmetic. Rejects where there is none. */
  async prove(): Promise<Proven> {
    const parts = { sha256: await createDigest(), timers: browserTimers, reference: wasmBackend };
    this.#computer = new DeviceComputer({ ...parts, open: () => this.#open() });
    return this.#computer.prove();
  }

  /** Takes a program. */
  loadProgram(sha256: string, program: Program): void {
    this.#computer?.loadProgram(sha256, program);
  }

  /** Forgets a program. */
  unloadProgram(sha256: string): void {
    this.#computer?.unloadProgram(sha256);
  }

  /** Takes the parameters for the following tasks. */
  loadParameters(bytes: Uint8Array): void {
    this.#computer?.loadParameters(bytes);
  }

  /** Stops a task as soon as that is possible. */
  cancel(taskId: number): void {
    this.#computer?.cancel(taskId);
  }

  /** Sums a lease. */
  async compute(task: ComputeTask): Promise<ComputeResult> {
    if (this.#computer === undefined) throw new TypeError('Cannot compute: no device found, prove() wanted first');
    const result = await this.#computer.compute(task);
    switch (result.type) {
      case 'computed':
        return transfer(result, [result.sums.buffer]);
      case 'computeFailed':
        // A device that is gone is another thing than one that computes otherwise, and it may be there again in a moment.
        return this.#isMissing ? { ...result, code: 'compute-failed' } : result;
      case 'computeCancelled':
        return result;
    }
  }

  async #open(): Promise<LeaseDevice> {
    this.#isMissing = true;
    const device = await requestDevice((navigator as { readonly gpu?: GPU }).gpu);
    this.#isMissing = false;
    this.#openCount += 1;
    if (this.#openCount > 1) this.#onLoss();
    let isGivenUp = false;
    void device.lost.then(() => {
      this.#isMissing ||= !isGivenUp;
    });
    const kill = (): void => {
      isGivenUp = true;
      device.destroy();
    };
    return { ...createWebGpuBackend(device), kill };
  }
}
