// All runs side by side: what is chosen of them, in groups.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { StudyHead } from '../../protocol/index.js';
import { Key } from '../page/key.js';
import { formatTick } from '../page/ticks.js';
import { formatCount } from '../page/words.js';
import { cellSizeFor, columnsFor, fullTitleOf, groupsOf, hasWords, titleOf } from './arrangement.js';
import { Cell } from './cell.js';
import type { Choices } from './choices.js';
import { Filters } from './filters.js';
import type { PartProperties } from './page.js';
import type { RunView, StudyView } from './study-view.js';
import { shownState } from './words.js';

const gapPixels = 10;

/** The charts, what they have in common, and the choice among them. */
export function Gallery({ view, choices, head }: PartProperties & { readonly head: StudyHead }) {
  const runs = view.runs.value;
  const size = cellSizeFor(runs.length);
  const [place, widthPixels] = useWidth();
  const shown = new Set(runs.filter((run) => isChosen(head, run, choices)).map(({ index }) => index));
  const groups = groupsOf(head)
    .map(({ title, runs: members }) => ({ title, runs: members.filter((index) => shown.has(index)) }))
    .filter((group) => group.runs.length > 0);
  const columns = columnsFor(groups, { widthPixels, gapPixels, cell: size });
  return (
    <section class="card" aria-labelledby="runs-title">
      <h2 id="runs-title">Runs</h2>
      <Legend view={view} />
      <Filters view={view} choices={choices} />
      <div
        ref={place}
        class={`groups size-${size.name}`}
        style={{ gridTemplateColumns: `repeat(${columns.groups}, minmax(0, 1fr))` }}
      >
        {groups.map(({ title, runs: members }) => (
          <div key={title} class="group">
            {title === '' ? null : <h3>{title}</h3>}
            <ul class="cells" style={{ gridTemplateColumns: `repeat(${columns.runs}, minmax(0, 26rem))` }}>
              {members.flatMap((index) => {
                const run = runs[index];
                const cell = { size, title: titleOf(head, index), fullTitle: fullTitleOf(head, index) };
                return run === undefined ? [] : [<Cell key={index} {...{ view, choices, run, cell }} />];
              })}
            </ul>
          </div>
        ))}
      </div>
      <p class="small" role="status">
        {shown.size === runs.length ? '' : `${formatCount(shown.size)} of ${formatCount(runs.length)} runs are shown.`}
      </p>
    </section>
  );
}

function isChosen(head: StudyHead, run: RunView, { words, state }: Choices): boolean {
  if (state.value !== 'all' && shownState(run.standing.value) !== state.value) return false;
  return hasWords(`${run.head.name} ${fullTitleOf(head, run.index)}`, words.value);
}

function Legend({ view }: { readonly view: StudyView }) {
  const { stepCount, minimum, maximum } = view.axes.value;
  const hasTheory = view.runs.value.some(({ standing }) => (standing.value.optimum ?? 0) > 0);
  return (
    <>
      <ul class="keys">
        <Key mark="line" words="training loss: mean of neighboring steps, and their range" />
        <Key mark="dot" words="newest held-out loss" />
        {hasTheory ? <Key mark="dashed" words="theory" /> : null}
      </ul>
      <p id="axes" class="small">
        All charts have the same axes: steps from 0 to {formatCount(stepCount)}, loss from {formatTick(minimum)} to{' '}
        {formatTick(maximum)}, logarithmic. Choose a run to see it large.
      </p>
    </>
  );
}

/** How wide an element is, as it changes. */
function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [place, width] as const;
}
