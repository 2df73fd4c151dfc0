// The browser's clock and alarms.

import type { Timers } from '../../worker/index.js';

/** As a worker's parts want them. */
export const browserTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, callBack) => {
    const timer = setTimeout(callBack, milliseconds);
    return () => clearTimeout(timer);
  },
};
