// What goes on beside a run while it is served: a local worker, or the address for workers elsewhere.

import { startLocalWorker } from './local-worker.js';
import type { RunCompanion } from './run.js';

/** A worker process on this machine; none for 0 threads. */
export function localWorker(threadCount: number): RunCompanion {
  return {
    join: (coordinator, display) => {
      display.note(`Live page:  ${coordinator.pageAddress}`);
      if (threadCount === 0) return () => Promise.resolve();
      const worker = startLocalWorker({
        url: coordinator.address,
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
  join: ({ address, pageAddress, volunteerAddress }) => {
    process.stderr.write(
      [
        `Waiting for workers. Headless ones join with:  npx starling worker ${address}`,
        `Volunteers open  ${volunteerAddress}  in a browser.    Live page:  ${pageAddress}`,
        '',
      ].join('\n'),
    );
    return () => Promise.resolve();
  },
};
