// How much of the device is lent, and when it rests.

import { rememberedDays } from './choices.js';
import type { Volunteer } from './volunteer.js';

/** Speed and rules, changed at once. */
export function Settings({ volunteer }: { readonly volunteer: Volunteer }) {
  const { processorCount, choices, choose, isOnBattery } = volunteer;
  const { threadCount, stopOnBattery, stopWhenHidden } = choices.value;
  const speed = `${threadCount} of ${processorCount} ${processorCount === 1 ? 'processor' : 'processors'}`;
  return (
    <section class="card" aria-labelledby="settings-title">
      <h2 id="settings-title">Your terms</h2>
      <label class="speed">
        <span>Speed</span>
        <span id="speed-choice" aria-hidden="true">
          {speed}
        </span>
        <input
          type="range"
          min="1"
          max={processorCount}
          step="1"
          value={threadCount}
          disabled={processorCount === 1}
          aria-valuetext={speed}
          onInput={(event) => choose({ threadCount: Number(event.currentTarget.value) })}
        />
      </label>
      <Rule
        text="Rest while the device runs on its battery"
        note={isOnBattery.value === undefined ? 'This browser does not tell pages about the battery.' : undefined}
        isChosen={stopOnBattery}
        onChange={(chosen) => choose({ stopOnBattery: chosen })}
      />
      <Rule
        text="Rest while this tab is in the background"
        isChosen={stopWhenHidden}
        onChange={(chosen) => choose({ stopWhenHidden: chosen })}
      />
      <p class="small">This browser remembers your choices for {rememberedDays} days.</p>
    </section>
  );
}

interface RuleProperties {
  readonly text: string;
  readonly note?: string | undefined;
  readonly isChosen: boolean;
  readonly onChange: (isChosen: boolean) => void;
}

function Rule({ text, note, isChosen, onChange }: RuleProperties) {
  return (
    <label class="rule">
      <input type="checkbox" checked={isChosen} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        {text}
        {note === undefined ? null : <span class="small note">{note}</span>}
      </span>
    </label>
  );
}
