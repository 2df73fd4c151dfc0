// What goes on beside a run while it is served: a local worker, or the address for workers elsewhere.

import { startLocalWorker } from './local-worker.js';
import { volunteerPath } from '../coordinator/shell/index.js';
import type { RunCompanion } from './run.js';

/** A worker process on this machine; none for 0 threads. */
export function localWorker(threadCount: number): RunCompanion {
  return {
    join: (coordinator, display) => {
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
