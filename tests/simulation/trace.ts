// What happened in a world, one line per event. The legend is in docs/simulation.md.

/** Kinds of events, each with its sign. */
export const signs = {
  sends: '→',
  loses: '✕',
  fault: '!',
  disk: '▪',
  commits: '✓',
  lives: '*',
  says: '#',
} as const;

/** A kind of event. */
export type EventKind = keyof typeof signs;

/** Takes note of an event; `who` is a process, and the text is made only where somebody listens. */
export type Trace = (who: string, kind: EventKind, what: () => string) => void;

/** Listens to nothing. */
export const noTrace: Trace = () => undefined;

/** Writes lines like `  1.250  worker-2   → contribution 7 [4, 8)`. */
export function lineTrace(now: () => number, write: (line: string) => void): Trace {
  return (who, kind, what) => {
    write(`${(now() / 1000).toFixed(3).padStart(10)}  ${who.padEnd(12)} ${signs[kind]} ${what()}`);
  };
}
