// The rest that a device has between leases: where it may work d percent of the time, w milliseconds of work are followed by
// w · (100 − d) / d milliseconds without.

/** So long is the longest rest: a lease that took very long says more about the lease than about the device. */
const longestMilliseconds = 5000;

/** Milliseconds of rest after so many of work. */
export function restAfter(workMilliseconds: number, dutyPercent: number): number {
  return Math.min(longestMilliseconds, (workMilliseconds * (100 - dutyPercent)) / dutyPercent);
}
