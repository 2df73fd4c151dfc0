// What goes on, in one sentence; how far the run is; and, where one is wanted, the token.

import type { ComponentChildren } from 'preact';
import { signal } from '@preact/signals';
import type { Listening } from './listening.js';
import type { RunView } from './run-view.js';
import { describeState, formatCount, formatDuration, type StateWords } from './words.js';

/** The time of day, once a second. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 1000);

/** The state in words, and the progress below it. */
export function State({ view, listening }: { readonly view: RunView; readonly listening: Listening }) {
  const hearing = listening.hearing.value;
  const progress = view.progress.value;
  const words = describeState(hearing, {
    progress,
    workerCount: view.workers.value?.connectedCount ?? 0,
    // Only an age needs the clock; everything else stays as it is drawn.
    now: hearing.type === 'gone' ? now.value : 0,
  });
  return (
    <StateCard words={words} listening={listening} subject="run">
      <Progress view={view} isLive={hearing.type === 'live'} />
    </StateCard>
  );
}

/** A state, and the field for a token where one is wanted. */
export function StateCard({
  words: { tone, title, detail },
  listening: { hearing, useToken },
  subject,
  children,
}: {
  readonly words: StateWords;
  readonly listening: Listening;
  readonly subject: 'run' | 'study';
  readonly children: ComponentChildren;
}) {
  return (
    <section class={`card state ${tone}`} aria-labelledby="state-title">
      <h2 id="state-title">
        <span class="lamp" aria-hidden="true" />
        <span role="status">{title}</span>
      </h2>
      <p id="state-detail">{detail}</p>
      {hearing.value.type === 'unauthorized' ? <TokenField useToken={useToken} subject={subject} /> : null}
      {children}
    </section>
  );
}

function Progress({ view, isLive }: { readonly view: RunView; readonly isLive: boolean }) {
  const [run, progress] = [view.run.value, view.progress.value];
  if (run === undefined || progress === undefined) return null;
  const { step, secondsLeft } = progress;
  const left = secondsLeft === null || !isLive ? '' : `about ${formatDuration(secondsLeft)} left`;
  return (
    <label class="progress">
      <span id="step">
        Step {formatCount(step)} of {formatCount(run.stepCount)}
      </span>
      <span class="left">{left}</span>
      <progress max={Math.max(1, run.stepCount)} value={step} />
    </label>
  );
}

function TokenField({ useToken, subject }: { readonly useToken: (token: string) => void; readonly subject: string }) {
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        const field = event.currentTarget.elements.namedItem('token');
        if (field instanceof HTMLInputElement && field.value !== '') useToken(field.value.trim());
      }}
    >
      <label>
        Token
        <input name="token" type="password" autocomplete="off" required />
      </label>
      <button type="submit">Show the {subject}</button>
    </form>
  );
}
