// Another worker of this tab, as one sees it that has started it: calls that fail when it ends.

import { wrap } from 'comlink';
import type { ComputeService } from './compute-service.js';
import type { GpuService } from './gpu-service.js';

/** A service as it is called from elsewhere. (comlink's own type spreads a union of results over several promises.) */
export type RemoteService<Service> = {
  readonly [Method in keyof Service]: Service[Method] extends (...parameters: infer Parameters) => infer Result
    ? (...parameters: Parameters) => Promise<Awaited<Result>>
    : never;
};

/** Which service a compute worker exposes is a matter of its name: both need nearly the same code, which so travels once. */
export const gpuThreadName = 'gpu';

const processorThreadName = 'processor';

/** A running worker that exposes a service. */
export class ThreadHandle<Service> {
  readonly #worker: Worker;
  readonly #remote: RemoteService<Service>;
  readonly #ended: Promise<never>;
  #end: (error: Error) => void = () => undefined;
  #isEnding = false;

  private constructor(name: string) {
    this.#worker = new Worker(new URL('./compute-thread.ts', import.meta.url), { type: 'module', name });
    this.#remote = wrap(this.#worker) as unknown as RemoteService<Service>;
    this.#ended = new Promise((_, reject) => {
      this.#end = reject;
    });
    // A worker that ends between two calls is found at the next one.
    this.#ended.catch(() => undefined);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#isEnding = true;
      // An event without a message means that the script could not be loaded.
      this.#end(new Error(`a compute worker failed: ${event.message || 'its script could not be loaded'}`));
    };
  }

  /** Starts one of the workers on the processor. */
  static onProcessor(): ThreadHandle<ComputeService> {
    return new ThreadHandle(processorThreadName);
  }

  /** Starts the worker that owns the GPU. */
  static onGpu(): ThreadHandle<GpuService> {
    return new ThreadHandle(gpuThreadName);
  }

  /** Whether the worker has ended or is about to. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Calls the service; rejects where the worker ends before it has answered. */
  call<T>(method: (service: RemoteService<Service>) => Promise<T>): Promise<T> {
    return Promise.race([method(this.#remote), this.#ended]);
  }

  /** Ends the worker by force, also in the middle of a loop. */
  terminate(): void {
    this.#isEnding = true;
    this.#worker.terminate();
    this.#end(new Error('a compute worker was ended'));
  }
}
