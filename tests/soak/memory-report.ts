// Loaded before a coordinator: tells the process that started it how much memory and time it uses, and keeps it from nothing.

/** The memory of a process, in bytes, and the time it has had of processors. */
export interface MemoryReport {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly processorMicroseconds: number;
}

const reportMilliseconds = 1000;

setInterval(() => {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss, heapUsed, external, processorMicroseconds: user + system } satisfies MemoryReport);
}, reportMilliseconds).unref();
