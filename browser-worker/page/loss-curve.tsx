// The run's loss as one line over its steps, on a logarithmic axis.

import type { RunSummary } from '../../protocol/index.js';
import { curveBox, drawCurve } from './curve-points.js';
import { formatCount, formatLoss } from './words.js';

/** The curve with the losses and steps at its ends. */
export function LossCurve({ curve }: { readonly curve: RunSummary['curve'] }) {
  const drawn = drawCurve(curve);
  if (drawn === undefined) return <p class="small curve-missing">The loss curve begins with the second step.</p>;
  const { points, highest, lowest, firstStep, lastStep } = drawn;
  const [from, to] = [formatCount(firstStep), formatCount(lastStep)];
  const words = `Training loss over steps ${from} to ${to}: at most ${formatLoss(highest)}, at least ${formatLoss(lowest)}`;
  return (
    <figure class="curve">
      <figcaption class="small">Training loss, on a logarithmic axis</figcaption>
      <div class="curve-losses small" aria-hidden="true">
        <span>{formatLoss(highest)}</span>
        <span>{formatLoss(lowest)}</span>
      </div>
      <svg viewBox={`0 0 ${curveBox.width} ${curveBox.height}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <polyline points={points} vector-effect="non-scaling-stroke" />
      </svg>
      <div class="curve-steps small" aria-hidden="true">
        <span>step {from}</span>
        <span>{to}</span>
      </div>
    </figure>
  );
}
