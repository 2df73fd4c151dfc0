// The pool's side of a compute thread: calls over comlink for everything that is rare, and a line of its own for tasks, which fail
// when the thread ends.
//
// A task comes once per step and every step waits for it. A call over comlink makes proxies and several promises on its way: there
// and back it takes 0.15 ms longer than two messages over a port of their own.

import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { SegmentTask } from '../worker/index.js';
import type { ComputeService, SegmentAnswer, SharedTask, ThreadAnswer } from './compute-service.js';
import type { ComputeThreadData, TaskReply, ThreadTask } from './compute-thread.js';

/** The service as its pool calls it. (comlink's own type spreads a union of results over several promises.) */
export type RemoteComputeService = {
  readonly [Method in Exclude<keyof ComputeService, 'compute' | 'computeSegment'>]: (
    ...parameters: Parameters<ComputeService[Method]>
  ) => Promise<Awaited<ReturnType<ComputeService[Method]>>>;
};

type Answer = Exclude<TaskReply, { readonly type: 'failed' }>;

interface PendingTask {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A running compute thread. */
export class ThreadHandle {
  readonly #worker: Worker;
  readonly #remote: RemoteComputeService;
  readonly #tasks: MessagePort;
  readonly #ended: Promise<never>;
  /** Resolves when every call so far is answered or has failed. */
  #called: Promise<unknown> = Promise.resolve();
  #pending: PendingTask | undefined;
  #end: Error | undefined;
  #isEnding = false;

  constructor(data: Omit<ComputeThreadData, 'tasks'>) {
    const { port1, port2 } = new MessageChannel();
    const workerData: ComputeThreadData = { ...data, tasks: port2 };
    this.#worker = new Worker(new URL('./compute-thread.js', import.meta.url), { workerData, transferList: [port2] });
    this.#remote = wrap<ComputeService>(nodeEndpoint(this.#worker));
    this.#tasks = port1;
    this.#tasks.on('message', (reply: TaskReply) => this.#settle(reply));
    this.#ended = new Promise((_, reject) => {
      const end = (error: Error): void => {
        this.#isEnding = true;
        this.#end ??= error;
        this.#tasks.close();
        this.#pending?.reject(error);
        this.#pending = undefined;
        reject(error);
      };
      this.#worker.once('error', (error) => end(new Error(`a compute thread failed: ${error.message}`, { cause: error })));
      this.#worker.once('exit', (code) => end(new Error(`a compute thread ended with code ${code}`)));
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
    const answer = Promise.race([method(this.#remote), this.#ended]);
    this.#called = Promise.allSettled([this.#called, answer]);
    return answer;
  }

  /** Lets the thread take part in a task, once it has answered all earlier calls; one task at a time. Rejects as `call` does. */
  compute(task: SharedTask): Promise<ThreadAnswer> {
    return this.#post({ type: 'node', task }) as Promise<ThreadAnswer>;
  }

  /** Lets the thread compute a segment, whose request goes to it as a copy; as `compute` otherwise. */
  computeSegment(task: SegmentTask): Promise<SegmentAnswer> {
    // What came may be a view of a larger message, all of which would go to the thread.
    const request = task.request.slice();
    return this.#post({ type: 'segment', task: { ...task, request } }, [request.buffer]) as Promise<SegmentAnswer>;
  }

  async #post(task: ThreadTask, transferred: readonly ArrayBuffer[] = []): Promise<Answer> {
    // Calls and tasks arrive by different ports, and nothing but this keeps their order.
    await this.#called;
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#pending = { resolve, reject };
      this.#tasks.postMessage(task, transferred);
    });
  }

  /** Ends the thread by force, also in the middle of a loop. */
  async terminate(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  #settle(reply: TaskReply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (reply.type === 'failed') pending?.reject(new Error(reply.reason));
    else pending?.resolve(reply);
  }
}
