// Where the run stands, as the coordinator last told.

import type { RunSummary } from '../../protocol/index.js';
import { LossCurve } from './loss-curve.js';
import { formatCount, formatLoss } from './words.js';
import type { Volunteer } from './volunteer.js';

const current = 'Told by the coordinator every two seconds.';

/** Step and loss of the run, and how far its study is. */
export function RunProgress({ volunteer }: { readonly volunteer: Volunteer }) {
  const { run, isCoordinatorHere, activity } = volunteer.news.value;
  const isHeard = isCoordinatorHere && activity.type !== 'waiting';
  const heard =
    activity.type === 'over' ? 'Last heard just before it ended.' : isHeard ? current : 'No answer now; this was last heard.';
  return (
    <section class="card" aria-labelledby="run-title">
      <h2 id="run-title">{titleOf(run)}</h2>
      {run === undefined || run.study === null ? null : <StudyBar study={run.study} name={run.name} />}
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
          <dd id="workers">{run === undefined ? '–' : formatCount(run.workerCount)}</dd>
        </div>
        <div class="figure">
          <dt>{run === undefined || run.study === null ? 'Sequences/s of all' : 'Sequences/s of the run'}</dt>
          <dd>{run === undefined ? '–' : formatCount(run.sequencesPerSecond)}</dd>
        </div>
      </dl>
      <LossCurve curve={run?.curve ?? []} />
      <p class="small heard">{heard}</p>
    </section>
  );
}

function titleOf(run: RunSummary | undefined): string {
  if (run === undefined) return 'The run';
  return run.study === null ? `The run: ${run.name}` : `The study: ${run.study.name}`;
}

interface StudyBarProperties {
  readonly study: NonNullable<RunSummary['study']>;
  /** Of the run that this tab is at. */
  readonly name: string;
}

/** How many runs of the study are done, and which one this tab is at. */
function StudyBar({ study: { endedCount, runCount }, name }: StudyBarProperties) {
  return (
    <>
      <label class="progress">
        <span id="runs">
          {formatCount(endedCount)} of {formatCount(runCount)} runs done
        </span>
        <progress max={runCount} value={endedCount} />
      </label>
      <h3 id="run-name">This tab is at: {name}</h3>
    </>
  );
}
