// A real Chromium without a window, driven through its debugging protocol, and what its pages did besides what was wanted.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const quiet = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser's file: that of CHROMIUM_PATH, or the first that PATH has; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env['CHROMIUM_PATH'] ?? '', ...candidates].find((file) => file !== '' && existsSync(file));
}

/** Lets pages use WebGPU also where there is no graphics card: then it is SwiftShader, in software. */
export const gpuFlag = '--enable-unsafe-webgpu';

/** Flags of every browser here. */
export const browserFlags = ['--no-sandbox', ...quiet] as const;

/** A page gets as long as this for everything that is waited for: beside neighbors a software device takes its time. */
const limitMilliseconds = 120_000;

/** Starts the browser. */
export function launchChromium(executablePath: string, ...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...browserFlags, ...flags] });
}

/** A volunteer's browser window. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors on the console, uncaught ones included. */
  readonly errors: readonly string[];
  /** Addresses asked for, WebSockets included. (Not those of a worker's workers; the page's policy keeps them here too.) */
  readonly requests: readonly string[];
}

/** Opens an address in a window of its own. */
export async function visit(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(limitMilliseconds);
  const visitor = watch(context, await context.newPage());
  await visitor.page.goto(address);
  return visitor;
}

/** Notes what a page does. */
export function watch(context: BrowserContext, page: Page): Visitor {
  const errors: string[] = [];
  const requests: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  context.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  return { context, page, errors, requests };
}

/** The text of an element of the page, by its id. */
export async function textOf({ page }: Visitor, id: string): Promise<string> {
  return (await page.locator(`#${id}`).innerText()).trim();
}

/** Lets a tab compute on the graphics card, or not. */
export function chooseDevice({ page }: Visitor, device: 'Automatic' | 'Graphics card' | 'Processor'): Promise<void> {
  return page.getByRole('radio', { name: device }).check();
}

/** Waits until the page shows a text. */
export function shows({ page }: Visitor, text: string | RegExp): Promise<void> {
  return page.getByText(text, { exact: true }).first().waitFor({ timeout: limitMilliseconds });
}

/** Evaluates in the page through the debugger: the page's own policy forbids everything that is not in its files. */
export async function evaluate({ context, page }: Visitor, expression: string): Promise<unknown> {
  const session = await context.newCDPSession(page);
  const { result } = await session.send('Runtime.evaluate', {
    ...{ expression, awaitPromise: true, returnByValue: true, userGesture: true },
  });
  await session.detach();
  return result.value;
}

/** The name under which the coordinator knows the tab. */
export async function nameOf(visitor: Visitor): Promise<string> {
  return (await textOf(visitor, 'name')).split(',', 1)[0] ?? '';
}

/** Presses the button that has this name. */
export function press({ page }: Visitor, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click();
}
