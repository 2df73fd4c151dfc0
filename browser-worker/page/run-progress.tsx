// Where the run stands, as the coordinator last told.

import { formatCount, formatLoss } from './words.js';
import type { Volunteer } from './volunteer.js';

/** Step and loss of the run. */
export function RunProgress({ volunteer }: { readonly volunteer: Volunteer }) {
  const { run } = volunteer.news.value;
  const workers = run === undefined ? '–' : formatCount(run.workerCount);
  return (
    <section class="card" aria-labelledby="run-title">
      <h2 id="run-title">The run{run === undefined ? '' : `: ${run.name}`}</h2>
      <label class="progress">
        <span id="step">
          {run === undefined ? 'Step unknown' : `Step ${formatCount(run.step)} of ${formatCount(run.stepCount)}`}
        </span>
        <progress max={run?.stepCount ?? 1} value={run?.step ?? 0} />
      </label>
      <dl class="figures">
        <div class="figure">
          <dt>Training loss</dt>
          <dd id="loss">{run === undefined ? '–' : formatLoss(run.trainLoss)}</dd>
        </div>
        <div class="figure">
          <dt>Workers</dt>
          <dd id="workers">{workers}</dd>
        </div>
        <div class="figure">
          <dt>Sequences per second, all</dt>
          <dd>{run === undefined ? '–' : formatCount(run.sequencesPerSecond)}</dd>
        </div>
      </dl>
    </section>
  );
}
