// Who computes: one row for each worker.

import type { LiveWorker } from '../../protocol/index.js';
import type { RunView } from './run-view.js';
import { formatCount, formatLag, formatQuiet, workerStates } from './words.js';

/** The table of workers. */
export function Workers({ view }: { readonly view: RunView }) {
  const workers = view.workers.value;
  const { listed = [], unlistedCount = 0, connectedCount = 0 } = workers ?? {};
  return (
    <section class="card panel wide" aria-labelledby="workers-title">
      <h2 id="workers-title">Workers</h2>
      <p class="small">
        {formatCount(connectedCount)} connected
        {unlistedCount === 0 ? '' : `; ${formatCount(unlistedCount)} with fewer contributions are not listed`}
      </p>
      {listed.length === 0 ? (
        <p class="empty">
          Nobody has joined yet. A headless worker joins with “npx starling worker” and the address that the coordinator has
          printed.
        </p>
      ) : (
        // A table that is wider than a phone has to be within reach of the keyboard.
        <div class="scrolling" tabIndex={0} role="region" aria-label="Table of workers">
          <table id="workers">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Computes on</th>
                <th scope="col">Class</th>
                <th scope="col" class="number">
                  Sequences/s
                </th>
                <th scope="col" class="number">
                  Tree nodes
                </th>
                <th scope="col" class="number">
                  Microbatches
                </th>
                <th scope="col" class="number">
                  Lag
                </th>
                <th scope="col" class="number">
                  Heard
                </th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {listed.map((worker) => (
                <Row key={worker.id} worker={worker} hue={view.hues.of(worker.id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {listed.length === 0 ? null : (
        <p class="small note">
          Class: what a worker’s proof has shown; exact ones give the same bits. Lag: how long the lease at hand has been waited
          for.
        </p>
      )}
    </section>
  );
}

function Row({ worker, hue }: { readonly worker: LiveWorker; readonly hue: number }) {
  const { name, kind, backend, threadCount, software, proofClass, sequencesPerSecond, state } = worker;
  const device = threadCount === 0 ? '' : `${backend}, ${threadCount} ${threadCount === 1 ? 'thread' : 'threads'}`;
  const where: Readonly<Record<string, string>> = { browser: 'tab', node: 'headless' };
  return (
    <tr class={state === 'gone' ? 'gone' : ''}>
      <th scope="row" title={software}>
        <span class={`swatch hue${hue}`} aria-hidden="true" />
        {name} <span class="small">{where[kind] ?? kind}</span>
      </th>
      <td>{device}</td>
      <td>{proofClass}</td>
      <td class="number">{sequencesPerSecond === null ? '–' : formatCount(sequencesPerSecond)}</td>
      <td class="number">{formatCount(worker.committedNodes)}</td>
      <td class="number">{formatCount(worker.microbatches)}</td>
      <td class="number">{formatLag(worker.lagMilliseconds)}</td>
      <td class="number">{formatQuiet(worker.quietMilliseconds)}</td>
      <td>{workerStates[state]}</td>
    </tr>
  );
}
