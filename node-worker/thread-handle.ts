// The pool's side of a compute thread: calls that fail when the thread ends.

import { Worker } from 'node:worker_threads';
import { wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { ComputeService } from './compute-service.js';
import type { ComputeThreadData } from './compute-thread.js';

/** The service as its pool calls it. (comlink's own type spreads a union of results over several promises.) */
export type RemoteComputeService = {
  readonly [Method in keyof ComputeService]: (
    ...parameters: Parameters<ComputeService[Method]>
  ) => Promise<ReturnType<ComputeService[Method]>>;
};

/** A running compute thread. */
export class ThreadHandle {
  readonly #worker: Worker;
  readonly #remote: RemoteComputeService;
  readonly #ended: Promise<never>;
  #isEnding = false;

  constructor(data: ComputeThreadData) {
    this.#worker = new Worker(new URL('./compute-thread.js', import.meta.url), { workerData: data });
    this.#remote = wrap<ComputeService>(nodeEndpoint(this.#worker));
    this.#ended = new Promise((_, reject) => {
      this.#worker.once('error', (error) => {
        this.#isEnding = true;
        reject(new Error(`a compute thread failed: ${error.message}`, { cause: error }));
      });
      this.#worker.once('exit', (code) => {
        this.#isEnding = true;
        reject(new Error(`a compute thread ended with code ${code}`));
      });
    });
    // A thread that ends between two calls is found at the next one.
    this.#ended.catch(() => undefined);
  }

  /** Whether the thread has ended or is about to. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Calls the service; rejects where the thread ends before it has answered. */
  call<T>(method: (service: RemoteComputeService) => Promise<T>): Promise<T> {
    return Promise.race([method(this.#remote), this.#ended]);
  }

  /** Ends the thread by force, also in the middle of a loop. */
  async terminate(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }
}
