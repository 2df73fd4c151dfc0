// Loaded before a coordinator: tells the process that started it how much memory it uses, and keeps it from nothing.

/** The memory of a process, in bytes. */
export interface MemoryReport {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

const reportMilliseconds = 1000;

setInterval(() => {
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external } satisfies MemoryReport);
}, reportMilliseconds).unref();
