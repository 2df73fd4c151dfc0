// One run among all: its name, its newest loss, its curve, its state.

import { formatCount } from '../page/words.js';
import type { CellSize } from './arrangement.js';
import type { PartProperties } from './page.js';
import { SmallChart } from './small-chart.js';
import type { RunView } from './study-view.js';
import { shownState, stateSigns } from './words.js';

/** What a cell shows. */
export interface CellProperties extends PartProperties {
  readonly run: RunView;
  readonly cell: { readonly size: CellSize; readonly title: string; readonly fullTitle: string };
}

/** A run as a button: it opens the run large. */
export function Cell({ view, choices, run, cell: { size, title, fullTitle } }: CellProperties) {
  const { step } = run.standing.value;
  const state = shownState(run.standing.value);
  return (
    <li>
      <button
        type="button"
        class={`cell ${state}`}
        title={fullTitle}
        aria-haspopup="dialog"
        onClick={() => (choices.selected.value = run.index)}
      >
        <span class="top">
          <span class="name">{title}</span>
          <Loss run={run} />
        </span>
        <SmallChart view={view} choices={choices} run={run} size={size} />
        <span class="bottom">
          <span class="state-word">
            <span aria-hidden="true">{stateSigns[state]} </span>
            {state}
          </span>
          <span class="steps">
            {formatCount(step)}
            {step === run.head.stepCount ? <span class="of"> steps</span> : <Whole stepCount={run.head.stepCount} />}
          </span>
        </span>
      </button>
    </li>
  );
}

function Whole({ stepCount }: { readonly stepCount: number }) {
  return (
    <span class="of">
      <span class="unseen"> of </span>
      <span aria-hidden="true">/</span>
      {formatCount(stepCount)}
    </span>
  );
}

/** The newest held-out loss, or before there is one the training loss. */
function Loss({ run }: { readonly run: RunView }) {
  const { trainLoss } = run.standing.value;
  const test = run.tests.value.findLast(({ step }) => step > 0);
  const [mark, name, loss] = test === undefined ? ['–', 'training loss', trainLoss] : ['●', 'held-out loss', test.loss];
  if (loss === null) return <span class="loss" />;
  return (
    <span class="loss">
      <span class="unseen">{name}</span>
      <span aria-hidden="true">{mark} </span>
      {shortLoss(loss)}
    </span>
  );
}

/** A loss with three significant digits: what a glance can take. */
export const shortLoss = (loss: number): string =>
  loss !== 0 && (Math.abs(loss) < 1e-3 || Math.abs(loss) >= 1e4) ? loss.toExponential(2) : loss.toPrecision(3);
