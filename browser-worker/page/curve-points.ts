// Where the points of a loss curve lie: steps to the right, logarithms of losses upward.

import type { RunSummary } from '../../protocol/index.js';

/** A curve is drawn in a box of this size and stretched to its place. */
export const curveBox = { width: 300, height: 100 } as const;
/** So that the line is whole at its ends. */
const margin = 2;

/** A curve as points of a polyline; its ends in words. */
export interface DrawnCurve {
  readonly points: string;
  readonly highest: number;
  readonly lowest: number;
  readonly firstStep: number;
  readonly lastStep: number;
}

/** Places the points of a curve; undefined where there are less than two that a logarithmic axis can show. */
export function drawCurve(curve: RunSummary['curve']): DrawnCurve | undefined {
  const shown = curve.filter(([, loss]) => loss > 0);
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined || first[0] === last[0]) return undefined;
  const losses = shown.map(([, loss]) => loss);
  const [highest, lowest] = [Math.max(...losses), Math.min(...losses)];
  const [top, span] = [Math.log(highest), Math.log(highest) - Math.log(lowest)];
  const place = ([step, loss]: readonly [number, number]): string => {
    const right = (step - first[0]) / (last[0] - first[0]);
    // A loss that never changes is a line in the middle.
    const down = span === 0 ? 0.5 : (top - Math.log(loss)) / span;
    const x = margin + right * (curveBox.width - 2 * margin);
    const y = margin + down * (curveBox.height - 2 * margin);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  return { points: shown.map(place).join(' '), highest, lowest, firstStep: first[0], lastStep: last[0] };
}
