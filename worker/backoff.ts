// The pause before attempt n to connect again: min(longest, shortest · 2^n), of which a random half is spread
// so that many workers do not return in step.

import type { WorkerTimes } from './settings.js';

/** The pause in milliseconds before attempt `attempt` (from 0); `chance` is uniform in [0, 1). */
export function pauseBefore(attempt: number, chance: number, times: WorkerTimes): number {
  const doublings = Math.min(attempt, 30);
  const pause = Math.min(times.longestPauseMilliseconds, times.shortestPauseMilliseconds * 2 ** doublings);
  return pause * (0.5 + 0.5 * chance);
}
