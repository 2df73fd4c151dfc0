// The devices of a tab: what there is, which of them is to be used, and the computer that stands for it while the tab works.

import type { Computer } from '../../worker/index.js';
import type { DeviceNews, GpuFailure, Terms } from '../news.js';
import { ComputePool } from './compute-pool.js';
import { gpuFailureOf, planDevice } from './device-plan.js';
import type { Digest } from './digest.js';
import { GpuComputer } from './gpu-computer.js';
import { lookForGpu, type GpuPlace, type GpuSight } from './gpu-sight.js';

/** A device that was lost so often is left alone. */
const mostLosses = 5;

/** A computer that has been opened. */
export interface OpenComputer {
  readonly backend: 'webgpu' | 'wasm';
  readonly threadCount: number;
  readonly computer: Computer;
}

/** Knows the devices. */
export class TabDevices {
  readonly #onNews: () => void;
  #terms: Terms;
  #sight: GpuSight | undefined;
  #failure: GpuFailure | undefined;
  #lossCount = 0;
  #pool: ComputePool | undefined;
  #gpu: GpuComputer | undefined;

  constructor(terms: Terms, onNews: () => void) {
    this.#terms = terms;
    this.#onNews = onNews;
  }

  /** What is used, or would be. */
  get news(): DeviceNews {
    if (this.#sight === undefined) return { type: 'unknown' };
    return planDevice({
      ...{ choice: this.#terms.device, sight: this.#sight },
      ...{ failure: this.#failure, lossCount: this.#lossCount },
    });
  }

  /** Whether the device in use is not the one that should be. */
  get isOutdated(): boolean {
    const { type } = this.news;
    return (type === 'gpu' && this.#pool !== undefined) || (type === 'processor' && this.#gpu !== undefined);
  }

  /** Looks what there is. A card may come and go, with a cable or with its driver. */
  async look(): Promise<void> {
    this.#sight = await lookForGpu((navigator as { readonly gpu?: GpuPlace }).gpu, isSecureContext);
    this.#onNews();
  }

  /** Takes new terms; those of the speed hold from the next lease on. */
  setTerms(terms: Terms): void {
    // Who chooses a device wants it to be tried again.
    if (terms.device !== this.#terms.device) [this.#failure, this.#lossCount] = [undefined, 0];
    this.#terms = terms;
    this.#pool?.resize(terms.threadCount);
    this.#gpu?.setDuty(terms.dutyPercent);
    this.#onNews();
  }

  /** Opens the device that should be used. */
  open(digest: Digest): OpenComputer {
    const { threadCount, dutyPercent } = this.#terms;
    if (this.news.type === 'gpu') {
      this.#gpu = new GpuComputer({ dutyPercent, onLoss: () => this.#noteLoss() });
      return { backend: 'webgpu', threadCount: 1, computer: this.#gpu };
    }
    this.#pool = new ComputePool(threadCount, digest);
    return { backend: 'wasm', threadCount, computer: this.#pool };
  }

  /** Closes what is open: a tab that rests keeps no memory. */
  close(): void {
    void this.#gpu?.close();
    void this.#pool?.close();
    this.#gpu = this.#pool = undefined;
  }

  /** Blames an error on the GPU, if one is in use and it can be that: then the processor is next. */
  blame(code: string): boolean {
    const failure = this.#gpu === undefined ? undefined : gpuFailureOf(code);
    this.#failure ??= failure;
    return failure !== undefined;
  }

  #noteLoss(): void {
    this.#lossCount += 1;
    if (this.#lossCount >= mostLosses) this.#failure ??= 'gpu-failed';
    this.#onNews();
  }
}
