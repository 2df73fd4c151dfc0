// A small chart: training loss, the newest held-out loss and theory, on the axes that all runs share. It is drawn when something of it has changed,
// it is in sight, and the browser has time.

import { computed, effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { darkness } from '../page/chart.js';
import type { CellSize } from './arrangement.js';
import type { PartProperties } from './page.js';
import { paintRun, type Inks } from './paint-run.js';
import { pictures } from './pictures.js';
import type { RunView } from './study-view.js';

/** The colors of the moment, read once for all charts. */
const inks = computed(() => inksOf(darkness.value));

function inksOf(isDark: boolean): Inks {
  const style = getComputedStyle(document.documentElement);
  const ink = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    isDark,
    ...{ training: ink('training'), band: ink('band'), heldOut: ink('held-out'), theory: ink('theory') },
    ...{ card: ink('card'), grid: ink('grid'), soft: ink('soft') },
  };
}

/** The chart of a run; its numbers stand beside it as text. */
export function SmallChart({ view, choices, run, size }: PartProperties & { readonly run: RunView; readonly size: CellSize }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = place.current;
    if (canvas === null) return;
    const picture = pictures.add(canvas, (pen) => {
      paintRun(pen, run, {
        axes: view.axes.peek(),
        inks: inks.peek(),
        hasLogarithmicSteps: choices.hasLogarithmicSteps.peek(),
        hasNumbers: size.name !== 'small',
      });
    });
    const watch = () => [run.changeCount.value, view.axes.value, inks.value, choices.hasLogarithmicSteps.value];
    const stop = effect(() => {
      watch();
      picture.request();
    });
    return () => {
      stop();
      picture.close();
    };
  }, [run, size.name]);
  return <canvas ref={place} class="small-chart" aria-hidden="true" style={{ height: `${size.heightPixels}px` }} />;
}
