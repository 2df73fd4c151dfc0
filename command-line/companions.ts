// What goes on beside a run while it is served: a local worker, or the address for workers elsewhere.

import { startLocalWorker } from './local-worker.js';
import { volunteerPath } from '../coordinator/shell/index.js';
import type { DeviceName } from '../node-worker/index.js';
import type { RunCompanion } from './run.js';

/** What a local worker computes with. */
export interface LocalMeans {
  readonly device: DeviceName;
  readonly threadCount: number;
}

/** A worker process on this machine; none for 0 threads. */
export function localWorker({ device, threadCount }: LocalMeans): RunCompanion {
  return {
    join: (coordinator, display) => {
      if (threadCount === 0) return () => Promise.resolve();
      const worker = startLocalWorker({
        url: coordinator.address,
        device,
        threadCount,
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
  join: ({ address }) => {
    const page = address.replace(/^ws/, 'http');
    process.stderr.write(
      [
        `Waiting for workers. Headless ones join with:  npx starling worker ${address}`,
        `Volunteers open  ${new URL(volunteerPath, page).href}  in a browser.    State of the run:  ${page}status`,
        '',
      ].join('\n'),
    );
    return () => Promise.resolve();
  },
};
