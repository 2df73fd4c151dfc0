// What goes on beside a run while it is served: a local worker, or the address for workers elsewhere.

import { startLocalWorker } from './local-worker.js';
import type { DeviceName } from '../node-worker/index.js';
import type { RunCompanion, ServedRun } from './run.js';
import { invitation } from './serving.js';

/** What a local worker computes with. */
export interface LocalMeans {
  readonly device: DeviceName;
  readonly threadCount: number;
}

/** A worker process on this machine; none for 0 threads. Others are invited too, where the run is served for them. */
export function localWorker({ device, threadCount }: LocalMeans): RunCompanion {
  return {
    join: (served) => {
      const { coordinator, serving, display } = served;
      if (serving.tokens.worker !== undefined || serving.options.publicUrl !== undefined) invite(served);
      else display.note(`Live page:  ${coordinator.pageAddress}`);
      if (threadCount === 0) return () => Promise.resolve();
      const worker = startLocalWorker({
        url: coordinator.address,
        device,
        threadCount,
        token: serving.tokens.worker?.value,
        certificateFile: serving.certificateFile,
        warn: (text) => display.note(`Warning: ${text}`),
        giveUp: (error) => {
          display.note(error.message);
          void coordinator.stop();
        },
      });
      return () => worker.close();
    },
  };
}

/** Tells where workers join. */
export const announcement: RunCompanion = {
  join: (served) => {
    invite(served);
    return () => Promise.resolve();
  },
};

function invite({ coordinator, serving }: ServedRun): void {
  process.stderr.write(`${invitation(coordinator.address, serving).join('\n')}\n`);
}
