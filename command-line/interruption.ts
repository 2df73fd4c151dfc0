// Ctrl-C: the first one ends in good order, the second one at once.

import { exitCodes } from './exit-codes.js';

/** Calls `drain` at the first SIGINT or SIGTERM and exits at the second. Returns a function that undoes it. */
export function onInterruption(drain: (signal: NodeJS.Signals) => void): () => void {
  let count = 0;
  const handler = (signal: NodeJS.Signals): void => {
    count += 1;
    if (count === 1) drain(signal);
    else process.exit(exitCodes.interrupted);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
