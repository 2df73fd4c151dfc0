// What the tab does now, and the one button that changes it.

import { signal } from '@preact/signals';
import { describeState } from './words.js';
import type { Volunteer } from './volunteer.js';

const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 500);

/** The state in words, with its button. */
export function State({ volunteer }: { readonly volunteer: Volunteer }) {
  const { activity, isCoordinatorHere, isUninvited, run, sequencesPerSecond } = volunteer.news.value;
  // Only a countdown needs the clock; everything else stays as it is drawn.
  const time = activity.type === 'waiting' ? now.value : 0;
  const words = describeState({
    ...{ activity, hold: volunteer.hold.value, isCoordinatorHere, isUninvited, now: time },
    isStudy: run !== undefined && run.study !== null,
    isIdle: sequencesPerSecond === 0,
  });
  return (
    <section class={`card state ${words.tone}`} aria-labelledby="state-title">
      <div class="state-words">
        <h2 id="state-title">
          <span class="lamp" aria-hidden="true" />
          <span role="status">{words.title}</span>
        </h2>
        <p>{words.detail}</p>
      </div>
      <StateButton volunteer={volunteer} />
    </section>
  );
}

function StateButton({ volunteer }: { readonly volunteer: Volunteer }) {
  const { activity } = volunteer.news.value;
  switch (activity.type) {
    case 'idle':
      return <Button label="Start" onPress={volunteer.start} />;
    case 'preparing':
    case 'connecting':
    case 'waiting':
    case 'working':
      return <Button label="Pause" onPress={volunteer.pause} />;
    case 'pausing':
    case 'paused':
      // What the battery or the background holds back is begun again by them; here one can still say that it shall not.
      return volunteer.hold.value === 'asked' ? (
        <Button label="Resume" onPress={volunteer.start} />
      ) : (
        <Button label="Stay paused" onPress={volunteer.pause} />
      );
    case 'over':
      return <Button label="Look again" onPress={volunteer.start} />;
    case 'refused':
      return <RefusedButton volunteer={volunteer} code={activity.code} />;
  }
}

function RefusedButton({ volunteer, code }: { readonly volunteer: Volunteer; readonly code: string }) {
  switch (code) {
    case 'worker-replaced':
      // Under the old id, the copy of this tab would be driven out in turn.
      return <Button label="Join anew" onPress={volunteer.startAnew} />;
    case 'page-failed':
      return <Button label="Load again" onPress={() => location.reload()} />;
    default:
      return <Button label="Look again" onPress={volunteer.start} />;
  }
}

function Button({ label, onPress }: { readonly label: string; readonly onPress: () => void }) {
  return (
    <button type="button" class="main-button" onClick={onPress}>
      {label}
    </button>
  );
}
