// The pool's side of a compute worker: calls that fail when it ends.

import { wrap } from 'comlink';
import type { ComputeService } from './compute-service.js';

/** The service as its pool calls it. (comlink's own type spreads a union of results over several promises.) */
export type RemoteComputeService = {
  readonly [Method in keyof ComputeService]: (
    ...parameters: Parameters<ComputeService[Method]>
  ) => Promise<Awaited<ReturnType<ComputeService[Method]>>>;
};

/** A running compute worker. */
export class ThreadHandle {
  readonly #worker: Worker;
  readonly #remote: RemoteComputeService;
  readonly #ended: Promise<never>;
  #end: (error: Error) => void = () => undefined;
  #isEnding = false;

  constructor() {
    this.#worker = new Worker(new URL('./compute-thread.ts', import.meta.url), { type: 'module' });
    this.#remote = wrap<ComputeService>(this.#worker);
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

  /** Whether the worker has ended or is about to. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Calls the service; rejects where the worker ends before it has answered. */
  call<T>(method: (service: RemoteComputeService) => Promise<T>): Promise<T> {
    return Promise.race([method(this.#remote), this.#ended]);
  }

  /** Ends the worker by force, also in the middle of a loop. */
  terminate(): void {
    this.#isEnding = true;
    this.#worker.terminate();
    this.#end(new Error('a compute worker was ended'));
  }
}
