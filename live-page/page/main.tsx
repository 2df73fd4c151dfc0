// The entry of the live page: the page of a run that goes on, or of one that was saved in this file.

import { render } from 'preact';
import { signal } from '@preact/signals';
import type { LiveSnapshot } from '../../protocol/index.js';
import { listen, type Listening } from './listening.js';
import { Page } from './page.js';
import { RunView } from './run-view.js';

const view = new RunView();
const place = document.getElementById('page');
if (place !== null) render(<Page view={view} listening={begin()} />, place);

function begin(): Listening {
  const saved = document.getElementById('saved')?.textContent;
  if (saved === undefined) return listen(view);
  const snapshot = JSON.parse(saved) as LiveSnapshot;
  view.show(snapshot);
  return { hearing: signal({ type: 'saved', time: snapshot.time }), useToken: () => undefined };
}
