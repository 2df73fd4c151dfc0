// The states of runs and of the study in words.

import { describeHearing, formatCount, savedAt, type Hearing, type StateWords } from '../page/words.js';
import type { StudyRunStateName } from '../../protocol/index.js';

/** A run's state as it is shown. */
export type ShownState = StudyRunStateName;

/** All states, in the order in which a run meets them. */
export const shownStates: readonly ShownState[] = ['waiting', 'running', 'completed', 'diverged', 'stopped', 'failed'];

/** A sign beside the word. */
export const stateSigns: Readonly<Record<ShownState, string>> = {
  waiting: '○',
  running: '▶',
  completed: '✓',
  diverged: '↗',
  stopped: '■',
  failed: '✕',
};

/** A run that is open and has nobody yet waits like one that is not. */
export function shownState({ state, workerCount }: { readonly state: ShownState; readonly workerCount: number }): ShownState {
  return state === 'running' && workerCount === 0 ? 'waiting' : state;
}

/** How many runs are in which state. */
export type StateCounts = Readonly<Record<ShownState, number>>;

/** Counts states. */
export function countStates(states: readonly ShownState[]): StateCounts {
  const count = (wanted: ShownState): number => states.filter((state) => state === wanted).length;
  return {
    ...{ waiting: count('waiting'), running: count('running'), completed: count('completed') },
    ...{ diverged: count('diverged'), stopped: count('stopped'), failed: count('failed') },
  };
}

/** Runs that have come to their end, whichever. */
export const doneCount = ({ completed, diverged }: StateCounts): number => completed + diverged;

/** What the banner of the page says. */
export function describeStudy(
  hearing: Hearing,
  study: {
    readonly isKnown: boolean;
    readonly isOver: boolean;
    readonly counts: StateCounts;
    readonly workerCount: number;
    readonly now: number;
  },
): StateWords {
  const { isKnown, isOver, counts, workerCount, now } = study;
  const words = describeHearing(hearing, { subject: 'study', isKnown, now });
  if (words !== undefined && (hearing.type !== 'gone' || !isOver)) return words;
  const ending = endingOf(counts);
  if (hearing.type === 'saved') return { ...ending, detail: `${ending.detail} ${savedAt(hearing.time)}` };
  if (hearing.type === 'gone') return { ...ending, detail: `${ending.detail} This page is saved in its folder as study.html.` };
  if (isOver) return ending;
  if (workerCount === 0) {
    const detail = 'The study goes on as soon as one joins: “npx starling worker --split” and the address that was printed.';
    return { title: 'Waiting for workers', detail, tone: 'busy' };
  }
  const { running } = counts;
  const detail = `${formatCount(running)} ${running === 1 ? 'run is' : 'runs are'} being computed. Everything below is told once a second.`;
  return { title: 'Running', detail, tone: 'good' };
}

function endingOf(counts: StateCounts): StateWords {
  const runCount = shownStates.reduce((sum, state) => sum + counts[state], 0);
  const done = doneCount(counts);
  const progress = `${formatCount(done)} of ${formatCount(runCount)} runs are done.`;
  if (counts.failed > 0) {
    const detail = `A run could not go on, so the study ended; its command has said why. ${progress} Called again it goes on.`;
    return { title: 'Failed', detail, tone: 'bad' };
  }
  if (done < runCount) {
    return { title: 'Stopped', detail: `${progress} The same command goes on with the others.`, tone: 'calm' };
  }
  if (counts.diverged === 0) return { title: 'Completed', detail: 'All runs are done.', tone: 'good' };
  const detail = `All runs are done. ${formatCount(counts.diverged)} diverged: that is a result too.`;
  return { title: 'Completed', detail, tone: 'good' };
}
