// The entry of a compute thread. It listens to its pool alone and touches neither network nor files.

import { createHash } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { backendNamed, type BackendName } from './backends-by-name.js';
import type { SegmentTask } from '../worker/index.js';
import { ComputeService, type SegmentAnswer, type SharedTask, type ThreadAnswer } from './compute-service.js';

/** What a pool gives to each of its threads. */
export interface ComputeThreadData {
  readonly backend: BackendName;
  readonly board: Int32Array<SharedArrayBuffer>;
  /** Tasks come in here and are replied to here, one at a time; everything else goes over comlink. */
  readonly tasks: MessagePort;
}

/** What a thread is asked for: its part of a lease, or a segment of its own. */
export type ThreadTask =
  { readonly type: 'node'; readonly task: SharedTask } | { readonly type: 'segment'; readonly task: SegmentTask };

/** What comes back for a task. */
export type TaskReply = ThreadAnswer | SegmentAnswer | { readonly type: 'failed'; readonly reason: string };

if (parentPort !== null) {
  const { backend, board, tasks } = workerData as ComputeThreadData;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const service = new ComputeService({ backend: backendNamed(backend), board, sha256 });
  tasks.on('message', (task: ThreadTask) => {
    const reply = replyTo(service, task);
    tasks.postMessage(reply, reply.type === 'segment' ? [reply.result.buffer] : []);
  });
  expose(service, nodeEndpoint(parentPort));
}

function replyTo(service: ComputeService, { type, task }: ThreadTask): TaskReply {
  try {
    return type === 'node' ? service.compute(task) : service.computeSegment(task);
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
