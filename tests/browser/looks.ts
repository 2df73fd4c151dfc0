// How a page looks: what is drawn on it, and what axe finds wrong with it.

import { readdirSync, statSync } from 'node:fs';
import axe from 'axe-core';
import { expect } from 'vitest';
import { evaluate, type Visitor } from './chromium.js';

/** Pixels of a chart, by its id, that have about the color of this variable of the page's style. */
export async function pixelsOf(visitor: Visitor, id: string, variable: string): Promise<number> {
  return pixelsAt(visitor, `#${id} canvas`, variable);
}

/** Pixels of a canvas, by its selector. */
export async function pixelsAt(visitor: Visitor, selector: string, variable: string): Promise<number> {
  const count = await evaluate(
    visitor,
    `(() => {
      const canvas = document.querySelector('${selector}');
      if (canvas === null || canvas.width === 0) return 0;
      const hex = getComputedStyle(document.documentElement).getPropertyValue('${variable}').trim();
      const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
      // A copy: the browser would warn of a canvas that is read often.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 100 && wanted.every((value, channel) => Math.abs(data[at + channel] - value) < 24)) found += 1;
      }
      return found;
    })()`,
  );
  return Number(count);
}

/** What axe finds wrong. */
export async function violationsOf(visitor: Visitor): Promise<unknown> {
  const found = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`;
  return evaluate(visitor, `${axe.source}; ${found}`);
}

/** Fails where axe finds something wrong with the page as it is, light or dark; it stays dark. */
export async function expectNoViolations(visitor: Visitor): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await visitor.page.emulateMedia({ colorScheme });
    expect(await violationsOf(visitor), colorScheme).toEqual([]);
  }
}

/** Bytes of all files of a built page that travel with this ending, and how many they are. */
export function compressedSize(folder: string, ending: '.br' | '.gz'): { readonly count: number; readonly bytes: number } {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ending));
  return { count: files.length, bytes: files.reduce((sum, file) => sum + statSync(folder + file).size, 0) };
}
