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
  const isOver = activity.type === 'over';
  const heard = isOver ? 'Last heard just before it ended.' : isHeard ? current : 'No answer now; this was last heard.';
  const study = run?.study ?? null;
  return (
    <section class="card" aria-labelledby="run-title">
      <h2 id="run-title">{titleOf(run)}</h2>
      {study === null ? null : <StudyBar study={study} />}
      {study !== null && isOver ? null : <OneRun run={run} />}
      <p class="small heard">{heard}</p>
    </section>
  );
}

/** The run that this tab is at. */
function OneRun({ run }: { readonly run: RunSummary | undefined }) {
  const isAlone = run === undefined || run.study === null;
  return (
    <>
      {isAlone ? null : <h3 id="run-name">This tab is at: {run.name}</h3>}
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
          <dt>{isAlone ? 'Workers' : 'Workers of the study'}</dt>
          <dd id="workers">{run === undefined ? '–' : formatCount(run.workerCount)}</dd>
        </div>
        <div class="figure">
          <dt>{isAlone ? 'Sequences/s of all' : 'Sequences/s of the run'}</dt>
          <dd>{run === undefined ? '–' : formatCount(run.sequencesPerSecond)}</dd>
        </div>
      </dl>
      <LossCurve curve={run?.curve ?? []} />
    </>
  );
}

function titleOf(run: RunSummary | undefined): string {
  if (run === undefined) return 'The run';
  return run.study === null ? `The run: ${run.name}` : `The study: ${run.study.name}`;
}

/** How many runs of the study are done. */
function StudyBar({ study: { endedCount, runCount } }: { readonly study: NonNullable<RunSummary['study']> }) {
  return (
    <label class="progress">
      <span id="runs">
        {formatCount(endedCount)} of {formatCount(runCount)} runs done
      </span>
      <progress max={runCount} value={endedCount} />
    </label>
  );
}
