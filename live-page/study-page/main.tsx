// The entry of a study's live page: of one that goes on, or of one that was saved in this file.

import { render } from 'preact';
import { signal } from '@preact/signals';
import type { StudySnapshot } from '../../protocol/index.js';
import { listen, type Listening } from '../page/listening.js';
import { Choices } from './choices.js';
import { Page } from './page.js';
import { StudyView } from './study-view.js';

const view = new StudyView();
const place = document.getElementById('page');
if (place !== null) render(<Page view={view} choices={new Choices()} listening={begin()} />, place);

function begin(): Listening {
  const saved = document.getElementById('saved')?.textContent;
  if (saved === undefined) return listen(view);
  const snapshot = JSON.parse(saved) as StudySnapshot;
  view.show(snapshot);
  return { hearing: signal({ type: 'saved', time: snapshot.time }), useToken: () => undefined };
}
