// Browsers that are driven by another library, for what the first one cannot do: it makes every page of Chromium believe that it is
// seen, and it knows no Firefox but its own.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { until } from '../integration/command.js';
import { browserFlags } from './chromium.js';

/** Firefox: the file of FIREFOX_PATH, or the first that PATH has; undefined where there is none. */
export function firefoxPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => ['firefox-esr', 'firefox'].map((name) => join(folder, name)));
  return [process.env['FIREFOX_PATH'] ?? '', ...candidates].find((file) => file !== '' && existsSync(file));
}

/** Starts Firefox. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return launch({ browser: 'firefox', executablePath, headless: true });
}

/** Starts a Chromium whose tabs are hidden when others are before them. */
export function launchChromiumWithTabs(executablePath: string): Promise<Browser> {
  return launch({ executablePath, headless: true, args: [...browserFlags] });
}

/** A page, and what it complained of. */
export interface DrivenPage {
  readonly page: Page;
  readonly errors: readonly string[];
}

/** Opens an address. */
export async function open(browser: Browser, address: string): Promise<DrivenPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error instanceof Error ? error.message : String(error)));
  await page.goto(address);
  return { page, errors };
}

/** What an expression gives in the page. */
export const evaluateIn = <T>({ page }: DrivenPage, expression: string): Promise<T> => page.evaluate(expression) as Promise<T>;

/** The text of an element, by its id. */
export const textIn = (driven: DrivenPage, id: string): Promise<string> =>
  evaluateIn(driven, `(document.getElementById('${id}')?.textContent ?? '').trim()`);

/** Waits until the state has this title. */
export const showsTitle = (driven: DrivenPage, title: string): Promise<unknown> =>
  until(`the page shows ${title}`, async () =>
    (await evaluateIn<string>(driven, `document.querySelector('[role=status]')?.textContent ?? ''`)) === title ? true : undefined,
  );

/** Presses the one button of the state, which has to have this name. */
export const pressIn = (driven: DrivenPage, name: string): Promise<unknown> =>
  until(`the button ${name} is pressed`, async () => {
    const press = `(() => {
      const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === '${name}');
      button?.click();
      return button !== undefined;
    })()`;
    return (await evaluateIn<boolean>(driven, press)) ? true : undefined;
  });

/** The name under which the coordinator knows the tab. */
export async function nameIn(driven: DrivenPage): Promise<string> {
  return until('the page has a name', async () => (await textIn(driven, 'name')).split(',', 1)[0] || undefined);
}
