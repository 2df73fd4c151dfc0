// What differs between the runs of a study, and which run has what: for those who look at them side by side.

import type { StudyOptions } from '../coordinator/shell/index.js';
import { valueLabel, type StudyRun } from '../learning/index.js';

/** The axes of a study, and the place of each run on them, in the order of the runs. */
export function studyGrid(runs: readonly StudyRun[]): StudyOptions['grid'] {
  const paths = Object.keys(runs[0]?.values ?? {});
  const lastWord = (path: string): string => path.split('.').at(-1) ?? path;
  const axes = paths.map((path) => {
    const isAlone = paths.filter((other) => lastWord(other) === lastWord(path)).length === 1;
    const values = [...new Set(runs.map((run) => valueLabel(run.values[path])))];
    return { path, label: isAlone ? lastWord(path) : path, values };
  });
  return {
    axes,
    runs: runs.map(({ values, config }) => ({
      name: config.name,
      at: axes.map((axis) => axis.values.indexOf(valueLabel(values[axis.path]))),
      stepCount: config.training.steps,
    })),
  };
}
