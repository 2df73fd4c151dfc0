// What goes on, in one sentence, and how far the study is.

import { computed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { StudyRunHead } from '../../protocol/index.js';
import type { Listening } from '../page/listening.js';
import { now, StateCard } from '../page/state.js';
import { formatCount, formatDuration } from '../page/words.js';
import type { Standing, StudyView } from './study-view.js';
import { countStates, describeStudy, doneCount, shownState, type StateCounts } from './words.js';

/** How many runs of the study are in which state. */
export function useCounts(view: StudyView): StateCounts {
  return useMemo(() => computed(() => countStates(view.runs.value.map(({ standing }) => shownState(standing.value)))), []).value;
}

/** The state in words, and the progress below it. */
export function State({ view, listening }: { readonly view: StudyView; readonly listening: Listening }) {
  const hearing = listening.hearing.value;
  const words = describeStudy(hearing, {
    isKnown: view.head.value !== undefined,
    isOver: view.progress.value.isOver,
    counts: useCounts(view),
    workerCount: view.workers.value.connectedCount,
    // Only an age needs the clock; everything else stays as it is drawn.
    now: hearing.type === 'gone' ? now.value : 0,
  });
  return (
    <StateCard words={words} listening={listening} subject="study">
      {view.head.value === undefined ? null : <Progress view={view} isLive={hearing.type === 'live'} />}
    </StateCard>
  );
}

/** A run that has diverged has nothing left to do. */
const stepsBehind = ({ stepCount }: StudyRunHead, { state, step }: Standing): number => (state === 'diverged' ? stepCount : step);

function Progress({ view, isLive }: { readonly view: StudyView; readonly isLive: boolean }) {
  const runs = view.runs.value;
  const stepCount = runs.reduce((sum, { head }) => sum + head.stepCount, 0);
  const steps = runs.reduce((sum, { head, standing: { value } }) => sum + stepsBehind(head, value), 0);
  const { secondsLeft, isOver } = view.progress.value;
  const done = doneCount(useCounts(view));
  const name = view.head.value?.name ?? '';
  // Among many tabs too one sees how far it is.
  useEffect(() => {
    document.title = `${done}/${runs.length} ${name} – Starling`;
  }, [done, runs.length, name]);
  const left = secondsLeft === null || !isLive || isOver ? '' : `about ${formatDuration(secondsLeft)} left`;
  return (
    <label class="progress">
      <span id="progress">
        {formatCount(done)} of {formatCount(runs.length)} runs done, {((100 * steps) / Math.max(1, stepCount)).toFixed(1)} % of
        all steps
      </span>
      <span class="left">{left}</span>
      <progress max={Math.max(1, stepCount)} value={steps} />
    </label>
  );
}
