// What has happened, the latest first.

import type { RunView } from './run-view.js';
import { formatTime } from './words.js';

/** The last events. */
export function Events({ view }: { readonly view: RunView }) {
  const events = view.events.value;
  return (
    <section class="card panel quarter" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {events.length === 0 ? (
        <p class="empty">Nothing has happened yet.</p>
      ) : (
        // A list that scrolls has to be within reach of the keyboard.
        <ol class="events scrolling" tabIndex={0} aria-labelledby="events-title">
          {events.toReversed().map(({ number, time, level, text }) => (
            <li key={number} class={level}>
              <time dateTime={time}>{formatTime(new Date(time))}</time>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
