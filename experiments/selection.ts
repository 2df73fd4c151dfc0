// Runs by what they are: of which study, and alike but for their seed.

import type { RunIdentity } from './experiment.js';

/** Runs of a study, or of its quick form, that have their last step. */
export function completedRuns<Run extends RunIdentity>(runs: readonly Run[], study: string): readonly Run[] {
  return runs.filter((run) => (run.study === study || run.study === `${study}-quick`) && run.outcome === 'completed');
}

/** Runs by a key, in the order of the first of each. */
export function groupRuns<Run, Key>(runs: readonly Run[], keyOf: (run: Run) => Key): ReadonlyMap<Key, readonly Run[]> {
  const groups = new Map<Key, Run[]>();
  for (const run of runs) {
    const key = keyOf(run);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return groups;
}
