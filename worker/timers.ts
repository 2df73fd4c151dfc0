// Time as it comes in from a platform, and waiting that ends.

/** A steady clock and its alarms. */
export interface Timers {
  /** Milliseconds since any moment. */
  now(): number;
  /** Calls back once after some time; what it returns takes that back. */
  after(milliseconds: number, callBack: () => void): () => void;
}

/** Something took longer than it may. */
export class OverrunError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OverrunError';
  }
}

/** How long something may take, and what is said where it takes longer. */
export interface TimeLimit {
  readonly milliseconds: number;
  readonly message: string;
}

/** What a promise gives; rejects with an OverrunError where that takes longer than it may. The work itself goes on. */
export async function within<T>(timers: Timers, { milliseconds, message }: TimeLimit, work: Promise<T>): Promise<T> {
  let takeBack = (): void => undefined;
  const overrun = new Promise<never>((_, reject) => {
    takeBack = timers.after(Math.max(0, milliseconds), () => reject(new OverrunError(message)));
  });
  try {
    return await Promise.race([work, overrun]);
  } finally {
    takeBack();
  }
}
