// Who computes, and what.

import { formatCount } from '../page/words.js';
import { fullTitleOf } from './arrangement.js';
import type { PartProperties } from './page.js';

const kinds: Readonly<Record<string, string>> = { browser: 'tab', node: 'headless' };

/** The table of workers. */
export function Workers({ view, choices }: PartProperties) {
  const { connectedCount, listed } = view.workers.value;
  const head = view.head.value;
  return (
    <section class={`card panel ${view.volunteers.value === null ? 'full' : 'main'}`} aria-labelledby="workers-title">
      <h2 id="workers-title">Workers</h2>
      <p class="small">{formatCount(connectedCount)} connected</p>
      {listed.length === 0 ? null : (
        // A table that is wider than a phone has to be within reach of the keyboard.
        <div class="scrolling" tabIndex={0} role="region" aria-label="Table of workers">
          <table id="workers">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Computes on</th>
                <th scope="col">Works on</th>
                <th scope="col" class="number">
                  Sequences/s
                </th>
              </tr>
            </thead>
            <tbody>
              {listed.map(({ id, name, kind, backend, threadCount, run, sequencesPerSecond }) => (
                <tr key={id}>
                  <th scope="row">
                    {name} <span class="small">{kinds[kind] ?? kind}</span>
                  </th>
                  <td>
                    {backend}, {threadCount} {threadCount === 1 ? 'thread' : 'threads'}
                  </td>
                  <td>
                    <button type="button" class="link" aria-haspopup="dialog" onClick={() => (choices.selected.value = run)}>
                      {head === undefined ? '' : fullTitleOf(head, run)}
                    </button>
                  </td>
                  <td class="number">{sequencesPerSecond === null ? '–' : formatCount(sequencesPerSecond)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
