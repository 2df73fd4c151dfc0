// A GPU in a page of headless Chromium, as a device of this process. The page imports what is built in dist/ and does what it is told.

import { createServer, type Server } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { WebGpuError, type WebGpuErrorCode } from '../../backends/index.js';
import { bitsOf, floatOf, type DeviceBackend, type Microbatch, type Program } from '../../tensor/index.js';

const built = fileURLToPath(new URL('../../dist/', import.meta.url));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);

/** Why there is no browser, or undefined where there is one. */
export const missingBrowser = executablePath === undefined ? 'Cannot open a browser: no Chromium found, one wanted' : undefined;

const gpuFlag = '--enable-unsafe-webgpu';
const hygiene = ['quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);
const flags = ['--no-sandbox', '--no-first-run', ...hygiene];

/** The script of the page: the device behind functions of numbers and plain objects. */
const script = `
import { createWebGpuBackend, requestDevice } from '/backends/index.js';
const executables = [];
const backend = requestDevice(navigator.gpu).then((device) => createWebGpuBackend(device));
const settle = (work) => work.then((result) => ({ result }), ({ code, message }) => ({ error: { code, message } }));
const bitsToFloats = (bits) => new Float32Array(Uint32Array.from(bits).buffer);
globalThis.device = {
  open: () => settle(backend.then(() => undefined)),
  compile: (program) => settle(backend.then((one) => one.compile(program)).then((executable) => {
    const { inputLength, outputLength } = executable;
    return { executable: executables.push(executable) - 1, inputLength, outputLength };
  })),
  load: ({ executable, bits }) => settle(executables[executable].load(bitsToFloats(bits))),
  sum: ({ executable, first, microbatchCount }) =>
    settle(executables[executable].sum(first, microbatchCount).then((sums) => [...new Uint32Array(sums.buffer)])),
  close: (executable) => executables[executable].close(),
};`;

const page = `<!doctype html><title>device</title><link rel="icon" href="data:,"><script type="module">${script}</script>`;

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const name = request.url ?? '/';
    if (name === '/') return void response.setHeader('content-type', 'text/html').end(page);
    readFile(path.join(built, path.posix.normalize(name))).then(
      (content) => response.setHeader('content-type', 'text/javascript').end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

type Settled<T> = { readonly result: T } | { readonly error: { readonly code?: WebGpuErrorCode; readonly message: string } };

/** Calls a function of the page. */
async function callPage<T>(tab: Page, name: string, argument?: unknown): Promise<T> {
  const expression = `device.${name}(${argument === undefined ? '' : JSON.stringify(argument)})`;
  const settled = await tab.evaluate<Settled<T>>(expression);
  if ('result' in settled || !('error' in settled)) return settled.result;
  const { code, message } = settled.error;
  throw code === undefined ? new RangeError(message) : new WebGpuError(code, message);
}

/** Opens Chromium with a page that has a GPU; without `gpuFlag` it has none. */
export async function openChromiumDevice(args: readonly string[] = [gpuFlag]): Promise<DeviceBackend> {
  const server = await serve();
  const program = executablePath === undefined ? {} : { executablePath };
  const browser: Browser = await chromium.launch({ ...program, args: [...flags, ...args] });
  const close = async (): Promise<void> => {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await tab.waitForFunction('globalThis.device !== undefined');
    await callPage(tab, 'open');
    return { name: 'webgpu in Chromium', compile: (program) => compileIn(tab, program), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Compiled = { readonly executable: number; readonly inputLength: number; readonly outputLength: number };

async function compileIn(tab: Page, program: Program): ReturnType<DeviceBackend['compile']> {
  const { executable, inputLength, outputLength } = await callPage<Compiled>(tab, 'compile', program);
  return {
    inputLength,
    outputLength,
    load: (inputs) => callPage(tab, 'load', { executable, bits: [...inputs].map(bitsOf) }),
    sum: async (first: Microbatch, microbatchCount) =>
      Float32Array.from(await callPage<readonly number[]>(tab, 'sum', { executable, first, microbatchCount }), floatOf),
    close: () => {
      // The page may be closed before it has heard of it.
      tab.evaluate(`device.close(${executable})`).catch(() => undefined);
    },
  };
}
