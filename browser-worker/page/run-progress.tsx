// Where the run stands, as the coordinator last told.

import { LossCurve } from './loss-curve.js';
import { formatCount, formatLoss } from './words.js';
import type { Volunteer } from './volunteer.js';

const current = 'Told by the coordinator every two seconds.';

/** Step and loss of the run. */
export function RunProgress({ volunteer }: { readonly volunteer: Volunteer }) {
  const { run, isCoordinatorHere, activity } = volunteer.news.value;
  const workers = run === undefined ? '–' : formatCount(run.workerCount);
  const isHeard = isCoordinatorHere && activity.type !== 'waiting';
  const heard =
    activity.type === 'over' ? 'Last heard just before it ended.' : isHeard ? current : 'No answer now; this was last heard.';
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
          <dt>Sequences/s of all</dt>
          <dd>{run === undefined ? '–' : formatCount(run.sequencesPerSecond)}</dd>
        </div>
      </dl>
      <LossCurve curve={run?.curve ?? []} />
      <p class="small heard">{heard}</p>
    </section>
  );
}
