// The live page of a study: all of its runs side by side, as small charts on the same axes.

import type { Listening } from '../page/listening.js';
import { Masthead } from '../page/masthead.js';
import { Volunteers } from '../page/volunteers.js';
import type { Choices } from './choices.js';
import { Gallery } from './gallery.js';
import { RunDialog } from './run-dialog.js';
import { State } from './state.js';
import type { StudyView } from './study-view.js';
import { Workers } from './workers.js';

/** What every part of the page is given. */
export interface PartProperties {
  readonly view: StudyView;
  readonly choices: Choices;
}

/** The whole page. */
export function Page({ view, choices, listening }: PartProperties & { readonly listening: Listening }) {
  const head = view.head.value;
  return (
    <>
      <Masthead />
      <main>
        <h1>{head === undefined ? 'A study' : head.name}</h1>
        <p class="lead">{head === undefined ? 'Nothing is known of it yet.' : leadOf(head)}</p>
        <State view={view} listening={listening} />
        {head === undefined ? null : (
          <>
            <Gallery view={view} choices={choices} head={head} />
            <div class="panels">
              <Workers view={view} choices={choices} />
              <Volunteers volunteers={view.volunteers.value} subject="study" />
            </div>
            <footer class="colophon small">
              <span>{head.software}</span>
            </footer>
            <Selected view={view} choices={choices} />
          </>
        )}
      </main>
    </>
  );
}

function leadOf({ axes, runs }: NonNullable<StudyView['head']['value']>): string {
  const count = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  const varying = axes.filter(({ values }) => values.length > 1).map(({ label, values }) => `${label} (${values.length})`);
  return varying.length === 0 ? count : `${count}: ${varying.join(' × ')}`;
}

/** The run that is shown large, where one is. */
function Selected({ view, choices }: PartProperties) {
  const selected = choices.selected.value;
  return selected === undefined ? null : <RunDialog view={view} choices={choices} />;
}
