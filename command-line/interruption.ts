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

/** What can be ended in good order. */
export interface Stoppable {
  readonly stop: () => Promise<unknown>;
}

/**
 * Waits for what is being started; an interruption stops it, also one that comes before it has started: to others it may be there by then.
 * What is returned beside it undoes that.
 */
export async function startInterruptibly<T extends Stoppable>(
  starting: Promise<T>,
  note: () => void,
): Promise<{ readonly started: T; readonly undo: () => void }> {
  const undo = onInterruption(() => {
    note();
    // Whoever waits for its end, or for its start, hears of a failure.
    void starting.then((started) => started.stop()).catch(() => undefined);
  });
  try {
    return { started: await starting, undo };
  } catch (error) {
    undo();
    throw error;
  }
}
