// Numbers and states in words.

import type { LiveProgress, LiveTree, LiveTreeNode, LiveWorker } from '../../protocol/index.js';

/** A count or a rate with separators. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** A loss with five significant digits; a dash where there is none. */
export function formatLoss(loss: number | null | undefined): string {
  if (loss === null || loss === undefined) return '–';
  return loss !== 0 && Math.abs(loss) < 1e-3 ? loss.toExponential(3) : loss.toPrecision(5);
}

/** A difference with its sign and, where it is known, the standard error. */
export function formatDifference(difference: number | null, standardError: number | null): string {
  if (difference === null) return '–';
  const sign = difference < 0 ? '−' : '+';
  const error = standardError === null ? '' : ` ± ${standardError.toExponential(1)}`;
  return `${sign}${Math.abs(difference).toExponential(2)}${error}`;
}

/** Bytes as B, KB or MB, of a thousand each. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toPrecision(3)} KB`;
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}

/** Seconds as "1 h 02 min", "3 min 05 s" or "12 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (x: number): string => String(x).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(rest)} s` : `${rest} s`;
}

/** Seconds on an axis: "45 s", "1:30", "2:05:00". */
export function formatElapsed(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const two = (x: number): string => String(x).padStart(2, '0');
  if (hours > 0) return `${hours}:${two(minutes)}:${two(rest)}`;
  return minutes > 0 ? `${minutes}:${two(rest)}` : `${rest} s`;
}

/** A short time: "4.2 ms", "850 ms", "12 s". */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : formatDuration(milliseconds / 1000);
}

/** How long a lease has been waited for; what is shorter than the time between two looks is no number to rely on. */
export const formatLag = (milliseconds: number | null): string => {
  if (milliseconds === null) return '–';
  return milliseconds < 100 ? '< 0.1 s' : `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
};

/** How long nothing has been heard. */
export function formatQuiet(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  return milliseconds < 2000 ? 'now' : `${formatDuration(milliseconds / 1000)} ago`;
}

/** The time of day. */
export const formatTime = (time: Date): string => time.toLocaleTimeString('en-GB');

/** How the page hears of the run. */
export type Hearing =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** Since when the numbers stand still: milliseconds since 1970. */
  | { readonly type: 'gone'; readonly since: number }
  | { readonly type: 'unauthorized'; readonly hasToken: boolean }
  | { readonly type: 'full' }
  | { readonly type: 'outdated' }
  /** A report: when it was saved, as ISO 8601. */
  | { readonly type: 'saved'; readonly time: string };

/** A state in words. */
export interface StateWords {
  readonly title: string;
  readonly detail: string;
  readonly tone: 'calm' | 'busy' | 'good' | 'bad';
}

/** What the banner of the page says. */
export function describeState(
  hearing: Hearing,
  {
    progress,
    workerCount,
    now,
  }: { readonly progress: LiveProgress | undefined; readonly workerCount: number; readonly now: number },
): StateWords {
  const outcome = progress?.outcome ?? null;
  const words = describeHearing(hearing, { subject: 'run', isKnown: progress !== undefined, now });
  if (words !== undefined && (hearing.type !== 'gone' || outcome === null)) return words;
  const { title, detail, tone } = endingOf(outcome);
  if (hearing.type === 'saved') return { title, tone, detail: `${detail} ${savedAt(hearing.time)}` };
  if (hearing.type === 'gone') return { title, tone, detail: `${detail} This page is saved in its folder as report.html.` };
  if (outcome !== null) return { title, tone, detail };
  if (workerCount === 0) return waiting;
  return { title: 'Running', detail: 'Everything below is as the coordinator tells it, several times a second.', tone: 'good' };
}

/** What is said where nothing is heard of a run or study; undefined where something is. */
export function describeHearing(
  hearing: Hearing,
  { subject, isKnown, now }: { readonly subject: 'run' | 'study'; readonly isKnown: boolean; readonly now: number },
): StateWords | undefined {
  switch (hearing.type) {
    case 'connecting':
      return { title: 'Connecting', detail: `Asking the coordinator how the ${subject} stands.`, tone: 'busy' };
    case 'unauthorized': {
      const detail = hearing.hasToken
        ? 'The coordinator does not know this token. It has printed the right address of this page at its start.'
        : `The coordinator shows its ${subject} only to those who know its token. It has printed the address of this page at its start.`;
      return { title: 'A token is wanted', detail, tone: 'bad' };
    }
    case 'full':
      return {
        title: 'Too many pages',
        detail: `So many pages watch this ${subject} that this one has to wait.`,
        tone: 'bad',
      };
    case 'outdated':
      return {
        title: 'Another version',
        detail: 'The coordinator is of another version than this page. Load it again.',
        tone: 'bad',
      };
    case 'gone': {
      if (!isKnown) return silence;
      const age = formatDuration((now - hearing.since) / 1000);
      return {
        title: 'The coordinator is gone',
        detail: `All numbers stand still since ${formatTime(new Date(hearing.since))}, ${age} ago. This page connects again by itself.`,
        tone: 'bad',
      };
    }
    case 'live':
    case 'saved':
      return undefined;
  }
}

const silence: StateWords = {
  title: 'No answer',
  detail: 'The coordinator does not answer. This page tries again by itself.',
  tone: 'bad',
};

const waiting: StateWords = {
  title: 'Waiting for workers',
  detail: 'The run goes on as soon as one joins: a volunteer’s tab, or a headless worker.',
  tone: 'busy',
};

function endingOf(outcome: LiveProgress['outcome']): StateWords {
  switch (outcome) {
    case 'completed':
      return { title: 'Completed', detail: 'All steps are done.', tone: 'good' };
    case 'diverged':
      return { title: 'Diverged', detail: 'The loss is no longer a finite number: that is a result too.', tone: 'bad' };
    case 'stopped':
      return { title: 'Stopped', detail: 'The run was stopped before its end; “starling resume” continues it.', tone: 'calm' };
    case null:
      return { title: 'Interrupted', detail: 'The run has not come to its end.', tone: 'calm' };
  }
}

/** When a report was saved. */
export const savedAt = (time: string): string =>
  `Saved ${time.slice(0, 10)} at ${time.slice(11, 19)} UTC; nothing here moves any more.`;

/** What a worker does, in a word. */
export const workerStates: Readonly<Record<LiveWorker['state'], string>> = {
  active: 'active',
  silent: 'silent',
  draining: 'leaving',
  gone: 'gone',
};

/** What has become of a node of the tree. */
export const nodeStates: Readonly<Record<LiveTreeNode['state'], string>> = {
  inner: 'waits for the nodes below it',
  summed: 'summed',
  done: 'done',
  leased: 'being computed',
  backed: 'being computed, and free for others as well',
  expired: 'late, and free for others',
  disputed: 'not finite, to be confirmed',
  free: 'free',
  mixed: 'several smaller nodes',
};

/** Which job a tree is of. */
export function describeTree({ kind, step, isCommitted, microbatchCount }: LiveTree): string {
  const what = kind === 'train' ? `Step ${formatCount(step)}` : `Evaluation after step ${formatCount(step)}`;
  const size = `${formatCount(microbatchCount)} ${microbatchCount === 1 ? 'microbatch' : 'microbatches'}`;
  return `${what}, ${size}${isCommitted ? ', committed' : ''}`;
}

/** What is trained on, where it is not always the run's own task; the first steps of its stages come in. */
export function describeStages(stages: readonly number[] = []): string {
  return stages.length === 0 ? '' : `, in ${stages.length} stages with tasks of their own`;
}

/** What theory says of a task's loss. */
export function describeOptimum(task: string): string {
  const words: Readonly<Record<string, string>> = {
    'in-context-regression': 'theory: the best that one step of gradient descent can do',
    'attention-teacher': 'theory: a perfect imitation',
  };
  return words[task] ?? 'theory: the optimum';
}
