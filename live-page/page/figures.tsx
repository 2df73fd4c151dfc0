// The numbers of the moment.

import type { RunView } from './run-view.js';
import { formatBytes, formatCount, formatDifference, formatLoss, formatMilliseconds } from './words.js';

/** Losses, speed, and what a step costs the network. */
export function Figures({ view }: { readonly view: RunView }) {
  const progress = view.progress.value;
  const evaluation = view.evaluations.value.at(-1);
  const traffic = view.traffic.value;
  const stepMilliseconds = progress?.stepMilliseconds ?? null;
  const evaluated = evaluation === undefined ? 'not evaluated yet' : `after step ${formatCount(evaluation.step)}`;
  return (
    <section class="card" aria-label="Numbers of the moment">
      <dl class="figures">
        <Figure id="loss" name="Training loss" value={formatLoss(progress?.trainLoss)} note="of the last step" />
        <Figure id="test-loss" name="Held-out loss" value={formatLoss(evaluation?.testLoss)} note={evaluated} />
        <Figure
          id="difference"
          name="Minus one gradient step"
          value={formatDifference(evaluation?.difference ?? null, null)}
          note={
            evaluation === undefined || evaluation.standardError === null
              ? 'where the task has it'
              : `± ${evaluation.standardError.toExponential(1)}, paired`
          }
        />
        <Figure
          id="rate"
          name="Sequences per second"
          value={formatCount(progress?.sequencesPerSecond ?? 0)}
          note={stepMilliseconds === null ? 'before the first step' : `a step takes ${formatMilliseconds(stepMilliseconds)}`}
        />
        <Figure
          id="sent"
          name="Sent in a step"
          value={traffic === null ? '–' : formatBytes(traffic.sentBytes)}
          note={traffic === null ? 'to workers' : `${messages(traffic.sentMessages)} to workers`}
        />
        <Figure
          id="received"
          name="Received in a step"
          value={traffic === null ? '–' : formatBytes(traffic.receivedBytes)}
          note={traffic === null ? 'from workers' : `${messages(traffic.receivedMessages)} from workers`}
        />
      </dl>
    </section>
  );
}

const messages = (count: number): string => `${count < 10 ? count.toFixed(1) : formatCount(count)} messages`;

interface FigureProperties {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

function Figure({ id, name, value, note }: FigureProperties) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd id={id}>{value}</dd>
      <dd class="small">{note}</dd>
    </div>
  );
}
