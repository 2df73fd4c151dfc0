// What this tab has done, and on what.

import { describeDevice, formatCount } from './words.js';
import type { Volunteer } from './volunteer.js';

const classes = {
  unknown: 'checked when you start',
  exact: 'exact: the same bits as all',
  different: 'not exact: other bits',
} as const;

/** Speed, contributions and device of this tab. */
export function Figures({ volunteer }: { readonly volunteer: Volunteer }) {
  const { sequencesPerSecond, sequenceCount, acceptedCount, proofClass, device } = volunteer.news.value;
  return (
    <section class="card" aria-labelledby="figures-title">
      <h2 id="figures-title">This tab</h2>
      <dl class="figures">
        <Figure id="speed" name="Sequences per second" value={formatCount(sequencesPerSecond)} />
        <Figure id="sequences" name="Sequences computed" value={formatCount(sequenceCount)} />
        <Figure id="accepted" name="Contributions accepted" value={formatCount(acceptedCount)} />
      </dl>
      <dl class="facts">
        <dt>Device</dt>
        <dd id="device">{describeDevice(device)}</dd>
        <dt>Class</dt>
        <dd id="class">{classes[proofClass]}</dd>
        <dt>Name</dt>
        <dd id="name">{volunteer.identity.value.name}, made up for this tab</dd>
      </dl>
    </section>
  );
}

function Figure({ id, name, value }: { readonly id: string; readonly name: string; readonly value: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd id={id}>{value}</dd>
    </div>
  );
}
