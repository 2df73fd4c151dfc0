// A chart of the page: uPlot in a frame of fixed height, in the colors of the moment, drawn anew as often as an eye needs it.

import { effect, signal, untracked } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** The colors of a chart, from the page's style. */
export type Ink = (name: string) => string;

/** What a chart is made of. */
export interface ChartProperties {
  readonly id: string;
  /** What it shows, for those who do not see it. */
  readonly summary: string;
  readonly heightPixels: number;
  /** What is said while the pointer is elsewhere. */
  readonly hint?: string;
  /** Options for the colors of the moment; `tell` says what is under the pointer. */
  readonly options: (ink: Ink, tell: (text: string) => void) => Omit<uPlot.Options, 'width' | 'height'>;
  /** Reads the signals whose changes have the chart drawn anew. */
  readonly watch: () => unknown;
  readonly data: () => uPlot.AlignedData;
}

/** Whether the colors of the moment are those for the dark. */
export const darkness = signal(matchMedia('(prefers-color-scheme: dark)').matches);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
  darkness.value = matches;
});

/** A chart. */
export function Chart(properties: ChartProperties) {
  const { id, summary, heightPixels } = properties;
  const frame = useRef<HTMLDivElement>(null);
  const reading = useRef(signal('')).current;
  useEffect(() => {
    const place = frame.current;
    return place === null ? undefined : draw(place, properties, (text) => (reading.value = text));
    // Its functions are those of its first drawing; what changes is in signals.
  }, []);
  return (
    <>
      <div ref={frame} id={id} class="chart" role="img" aria-label={summary} style={{ height: `${heightPixels}px` }} />
      <p class="reading small" aria-hidden="true">
        {reading.value === '' ? properties.hint : reading.value}
      </p>
    </>
  );
}

/** Keeps a chart in its place; gives what ends it. */
function draw(
  place: HTMLElement,
  { heightPixels, options, watch, data }: ChartProperties,
  tell: (text: string) => void,
): () => void {
  let plot: uPlot | undefined;
  const timer = new Redrawing(() => plot?.setData(data()));
  const stopColors = effect(() => {
    plot?.destroy();
    place.dataset['scheme'] = darkness.value ? 'dark' : 'light';
    const style = getComputedStyle(place);
    const ink: Ink = (name) => style.getPropertyValue(`--${name}`).trim();
    // Not what it draws is looked at here, but the colors alone.
    plot = untracked(() => new uPlot({ ...options(ink, tell), width: place.clientWidth, height: heightPixels }, data(), place));
  });
  const stopData = effect(() => {
    watch();
    timer.request();
  });
  const observer = new ResizeObserver(() => {
    if (place.clientWidth > 0) plot?.setSize({ width: place.clientWidth, height: heightPixels });
  });
  observer.observe(place);
  return () => {
    observer.disconnect();
    stopColors();
    stopData();
    timer.close();
    plot?.destroy();
  };
}

const redrawMilliseconds = 200;

/** Draws in the next frame, but not sooner after the last time than an eye needs it. */
class Redrawing {
  readonly #draw: () => void;
  #timer: number | undefined;
  #frame: number | undefined;
  #drawnAt = -Infinity;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  request(): void {
    if (this.#timer !== undefined || this.#frame !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#frame = requestAnimationFrame((now) => {
          this.#frame = undefined;
          this.#drawnAt = now;
          this.#draw();
        });
      },
      this.#drawnAt + redrawMilliseconds - performance.now(),
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }
}
