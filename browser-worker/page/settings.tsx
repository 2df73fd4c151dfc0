// How much of the device is lent, and when it rests.

import type { DeviceChoice } from '../news.js';
import { dutyStepPercent, rememberedDays } from './choices.js';
import type { Volunteer } from './volunteer.js';

const devices: readonly { readonly choice: DeviceChoice; readonly text: string }[] = [
  { choice: 'automatic', text: 'Automatic' },
  { choice: 'gpu', text: 'Graphics card' },
  { choice: 'processor', text: 'Processor' },
];

/** Device, speed and rules, changed at once. */
export function Settings({ volunteer }: { readonly volunteer: Volunteer }) {
  const { choices, choose, isOnBattery } = volunteer;
  const { device, stopOnBattery, stopWhenHidden } = choices.value;
  return (
    <section class="card" aria-labelledby="settings-title">
      <h2 id="settings-title">Your terms</h2>
      <fieldset class="devices">
        <legend>Compute on</legend>
        {devices.map(({ choice, text }) => (
          <label key={choice}>
            <input type="radio" name="device" checked={device === choice} onChange={() => choose({ device: choice })} />
            <span>{text}</span>
          </label>
        ))}
      </fieldset>
      {volunteer.news.value.device.type === 'gpu' ? <Duty volunteer={volunteer} /> : <Threads volunteer={volunteer} />}
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

/** How many processors are lent. */
function Threads({ volunteer: { processorCount, choices, choose } }: { readonly volunteer: Volunteer }) {
  const { threadCount } = choices.value;
  const words = `${threadCount} of ${processorCount} ${processorCount === 1 ? 'processor' : 'processors'}`;
  const range = { least: 1, most: processorCount, step: 1, value: threadCount };
  return <Speed {...range} words={words} onChange={(count) => choose({ threadCount: count })} />;
}

/** How much of the graphics card's time is lent. */
function Duty({ volunteer: { choices, choose } }: { readonly volunteer: Volunteer }) {
  const { dutyPercent } = choices.value;
  const words = dutyPercent === 100 ? 'all of the time' : `${dutyPercent} % of the time`;
  const range = { least: dutyStepPercent, most: 100, step: dutyStepPercent, value: dutyPercent };
  return <Speed {...range} words={words} onChange={(percent) => choose({ dutyPercent: percent })} />;
}

interface SpeedProperties {
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly value: number;
  readonly words: string;
  readonly onChange: (value: number) => void;
}

function Speed({ least, most, step, value, words, onChange }: SpeedProperties) {
  return (
    <label class="speed">
      <span>Speed</span>
      <span id="speed-choice" aria-hidden="true">
        {words}
      </span>
      <input
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        disabled={most === least}
        aria-valuetext={words}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
    </label>
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
