// What the reader has chosen to see.

import { signal } from '@preact/signals';
import type { ShownState } from './words.js';

/** The choices of a page. */
export class Choices {
  /** Words that a run's name has to have. */
  readonly words = signal('');
  readonly state = signal<ShownState | 'all'>('all');
  readonly hasLogarithmicSteps = signal(false);
  /** The run that is shown large: its index. */
  readonly selected = signal<number | undefined>(undefined);
}
