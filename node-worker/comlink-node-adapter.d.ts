// comlink ships this adapter as an ES module without types of its own for NodeNext resolution.

declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';
  import type { MessagePort, Worker } from 'node:worker_threads';

  /** Makes one side of a worker thread an endpoint for comlink. */
  export default function nodeEndpoint(port: MessagePort | Worker): Endpoint;
}
