// node toolchain/measure-live-page.js ADDRESS [SECONDS]
// Opens the live page of a run in Chromium (CHROMIUM_PATH) and tells how smooth it is: frames, their distances, and tasks that kept the
// page from answering for more than 50 ms.

import { performance } from 'node:perf_hooks';
import { chromium } from 'playwright-core';

/** Counts in the page for so long; written as text, because it runs there. */
const measure = (milliseconds) => `new Promise((resolve) => {
  const [distances, tasks] = [[], []];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ entryTypes: ['longtask'] });
  const begin = performance.now();
  let last = begin;
  const frame = (now) => {
    distances.push(now - last);
    last = now;
    if (now - begin < ${milliseconds}) requestAnimationFrame(frame);
    else resolve({ distances: distances.slice(1), tasks });
  };
  requestAnimationFrame(frame);
})`;

const [address, seconds = '20'] = process.argv.slice(2);
if (address === undefined) throw new Error('Cannot measure: arguments ADDRESS [SECONDS] wanted');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
let [messages, bytes] = [0, 0];
page.on('websocket', (socket) =>
  socket.on('framereceived', ({ payload }) => {
    messages += 1;
    bytes += payload.length;
  }),
);
await page.goto(address);
await page.getByText(/^Step [\d,]+ of/).waitFor();
const stepOf = async () => Number((await page.locator('#step').innerText()).split(' ').at(1).replaceAll(',', ''));
const [firstStep, firstMessages, firstBytes, begin] = [await stepOf(), messages, bytes, performance.now()];
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable');
const busy = async () => {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
};
const firstBusy = await busy();
const expression = measure(1000 * Number(seconds));
const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
const elapsed = (performance.now() - begin) / 1000;
const { distances, tasks } = result.value;
const sorted = distances.toSorted((a, b) => a - b);
const at = (share) => Number(sorted[Math.floor(share * (sorted.length - 1))].toFixed(1));
console.log(
  JSON.stringify(
    {
      stepsPerSecond: Math.round(((await stepOf()) - firstStep) / elapsed),
      messagesPerSecond: Number(((messages - firstMessages) / elapsed).toFixed(1)),
      kilobytesPerSecond: Number(((bytes - firstBytes) / elapsed / 1000).toFixed(1)),
      framesPerSecond: Number((distances.length / elapsed).toFixed(1)),
      frameMilliseconds: { median: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1) },
      longTasks: { count: tasks.length, milliseconds: tasks.map((duration) => Math.round(duration)) },
      mainThreadBusy: Number((((await busy()) - firstBusy) / elapsed).toFixed(3)),
    },
    null,
    2,
  ),
);
await browser.close();
