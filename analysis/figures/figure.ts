// Figures as SVG text. The plotting library wants a document to make elements with; it gets one that is no browser's.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A figure with the sentence that says what it shows. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

/** Colors that read on light paper, also for people who see few of them: measured, theory, two kinds of neurons, and what is between. */
export const inks = {
  measured: '#1f5fa8',
  theory: '#b3372f',
  remembers: '#1f5fa8',
  forgets: '#d98a00',
  between: '#767676',
} as const;

const width = 720;

/** An SVG element, as far as it is needed here: this folder has no document of its own, so types of one are not known. */
interface Drawn {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
}
const plot = Plot.plot as unknown as (options: object) => Drawn;
const parse = parseHTML as unknown as (html: string) => { readonly document: object };

/** Draws marks. The same input gives the same bytes. */
export function draw(options: Plot.PlotOptions): string {
  const figure = plot({
    document: parse('<!doctype html><html><body></body></html>').document,
    width,
    height: 320,
    marginLeft: 60,
    marginBottom: 44,
    style: { background: 'white', color: '#222', fontFamily: 'system-ui, sans-serif', fontSize: '12px' },
    ...options,
  });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return figure.outerHTML;
}
