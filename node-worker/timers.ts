// The clock and the alarms of Node.js.

import type { Timers } from '../worker/index.js';

/** The process's own. */
export const nodeTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, callBack) => {
    const timer = setTimeout(callBack, milliseconds);
    return () => clearTimeout(timer);
  },
};
