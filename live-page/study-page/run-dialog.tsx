// One run, large: a dialog with its curve on axes of its own, and its numbers.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { formatCount, formatLoss } from '../page/words.js';
import { fullTitleOf } from './arrangement.js';
import type { PartProperties } from './page.js';
import { RunChart } from './run-chart.js';
import { shownState, stateSigns } from './words.js';

/** The dialog; it is there while a run is chosen. */
export function RunDialog({ view, choices }: PartProperties) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [head, index = 0] = [view.head.value, choices.selected.value];
  const run = view.runs.value[index];
  // Before the chart within it asks how wide it is.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const leave = (): void => {
    choices.selected.value = undefined;
  };
  const count = view.runs.value.length;
  const step = (distance: number): void => {
    choices.selected.value = (index + distance + count) % count;
  };
  useArrows(step);
  if (head === undefined || run === undefined) return null;
  const { state, workerCount } = run.standing.value;
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby="run-title"
      onClose={leave}
      onClick={({ target }) => {
        // The dialog itself is what lies around its content.
        if (target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="inside">
        <div class="dialog-top">
          <h2 id="run-title">{fullTitleOf(head, index)}</h2>
          <span class="buttons">
            <button type="button" onClick={() => step(-1)}>
              Previous
            </button>
            <button type="button" onClick={() => step(1)}>
              Next
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </span>
        </div>
        <p id="run-state">
          <span aria-hidden="true">{stateSigns[shownState(run.standing.value)]} </span>
          {shownState(run.standing.value)}
          {state === 'running' && workerCount > 0
            ? `, ${formatCount(workerCount)} ${workerCount === 1 ? 'worker' : 'workers'}`
            : ''}
        </p>
        <Numbers view={view} choices={choices} />
        <RunChart key={index} run={run} />
        <p class="small name-line">
          Run <code>{run.head.name}</code>
        </p>
      </div>
    </dialog>
  );
}

function Numbers({ view, choices }: PartProperties) {
  const run = view.runs.value[choices.selected.value ?? 0];
  if (run === undefined) return null;
  const { step, trainLoss, optimum } = run.standing.value;
  const test = run.tests.value.at(-1);
  return (
    <dl class="figures">
      <Figure name="Step" value={formatCount(step)} note={`of ${formatCount(run.head.stepCount)}`} />
      <Figure name="Training loss" value={formatLoss(trainLoss)} note="of the last step" />
      <Figure
        name="Held-out loss"
        value={formatLoss(test?.loss)}
        note={test === undefined ? 'not evaluated yet' : `after step ${formatCount(test.step)}`}
      />
      <Figure name="Theory" value={formatLoss(optimum)} note={optimum === null ? 'where the task has one' : 'the optimum'} />
    </dl>
  );
}

function Figure({ name, value, note }: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd class="small">{note}</dd>
    </div>
  );
}

/** The arrow keys lead from run to run. */
function useArrows(step: (distance: number) => void): void {
  const current = useRef(step);
  current.current = step;
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'ArrowLeft') current.current(-1);
      if (key === 'ArrowRight') current.current(1);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
