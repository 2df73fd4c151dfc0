// The entry of a compute thread. It listens to its pool alone and touches neither network nor files.

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { backendNamed, type BackendName } from './backends-by-name.js';
import { ComputeService } from './compute-service.js';

/** What a pool gives to each of its threads. */
export interface ComputeThreadData {
  readonly backend: BackendName;
  readonly board: Int32Array<SharedArrayBuffer>;
}

if (parentPort !== null) {
  const { backend, board } = workerData as ComputeThreadData;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  expose(new ComputeService({ backend: backendNamed(backend), board, sha256 }), nodeEndpoint(parentPort));
}
