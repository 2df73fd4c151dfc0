// Which runs are shown: those with words in their name, and those in a state.

import type { PartProperties } from './page.js';
import { useCounts } from './state.js';
import { shownStates, stateSigns, type ShownState } from './words.js';

/** The choice among the runs. */
export function Filters({ view, choices }: PartProperties) {
  const counts = useCounts(view);
  const states: readonly ShownState[] = shownStates.filter((state) => counts[state] > 0 || choices.state.value === state);
  return (
    <div class="filters">
      <label class="find">
        <span>Name has</span>
        <input
          type="search"
          value={choices.words.value}
          onInput={({ currentTarget }) => (choices.words.value = currentTarget.value)}
        />
      </label>
      <fieldset class="states">
        <legend>State</legend>
        <Chip choices={choices} state="all" words={`all ${view.runs.value.length}`} />
        {states.map((state) => (
          <Chip key={state} choices={choices} state={state} words={`${stateSigns[state]} ${state} ${counts[state]}`} />
        ))}
      </fieldset>
      <label class="choice">
        <input
          type="checkbox"
          checked={choices.hasLogarithmicSteps.value}
          onChange={({ currentTarget }) => (choices.hasLogarithmicSteps.value = currentTarget.checked)}
        />
        Logarithmic steps
      </label>
    </div>
  );
}

function Chip({
  choices,
  state,
  words,
}: Pick<PartProperties, 'choices'> & { readonly state: ShownState | 'all'; readonly words: string }) {
  return (
    <label class="chip">
      <input
        type="radio"
        name="state"
        value={state}
        checked={choices.state.value === state}
        onChange={() => (choices.state.value = state)}
      />
      <span>{words}</span>
    </label>
  );
}
