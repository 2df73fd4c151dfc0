// Loaded before a coordinator: tells the process that started it how much memory it uses, and keeps it from nothing.

const reportMilliseconds = 1000;

setInterval(() => {
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external });
}, reportMilliseconds).unref();
