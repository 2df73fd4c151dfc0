// Where the runs of a study stand on the page: side by side along the last list of its grid, which is most often that of seeds, and in groups
// by the others.

import type { StudyHead, StudyRunHead } from '../../protocol/index.js';

/** Runs that stand together. */
export interface Group {
  /** Empty where there is only one. */
  readonly title: string;
  /** Their indexes. */
  readonly runs: readonly number[];
}

/** The groups of a study, in the order of its grid. */
export function groupsOf({ axes, runs }: StudyHead): readonly Group[] {
  const last = lastVarying(axes);
  const groups = new Map<string, number[]>();
  for (const [index, run] of runs.entries()) {
    const title = describeValues(axes, run, (axis) => axis !== last);
    const group = groups.get(title);
    if (group === undefined) groups.set(title, [index]);
    else group.push(index);
  }
  return [...groups].map(([title, members]) => ({ title, runs: members }));
}

/** What a run is called within its group. */
export function titleOf({ axes, runs, name }: StudyHead, index: number): string {
  const run = runs[index];
  if (run === undefined) return '';
  const last = lastVarying(axes);
  if (last === undefined) return run.name.startsWith(`${name}/`) ? run.name.slice(name.length + 1) : run.name;
  return describeValues(axes, run, (axis) => axis === last);
}

/** What a run is called where it stands alone: all values that differ between runs. */
export function fullTitleOf(head: StudyHead, index: number): string {
  const run = head.runs[index];
  const title = run === undefined ? '' : describeValues(head.axes, run, () => true);
  return title === '' ? titleOf(head, index) : title;
}

type Axes = StudyHead['axes'];

/** A list of one value tells nothing apart. */
const varies = ({ values }: Axes[number]): boolean => values.length > 1;

const lastVarying = (axes: Axes): number | undefined => {
  const index = axes.findLastIndex(varies);
  return index < 0 ? undefined : index;
};

function describeValues(axes: Axes, { at }: StudyRunHead, isNamed: (axis: number) => boolean): string {
  return axes
    .flatMap((axis, index) => (varies(axis) && isNamed(index) ? [`${axis.label} ${axis.values[at[index] ?? 0] ?? ''}`] : []))
    .join(', ');
}

/** How large a small chart is: of few runs large, of hundreds small. */
export interface CellSize {
  readonly name: 'large' | 'medium' | 'small';
  /** At least so wide, where so many stand in a row at least. */
  readonly widthPixels: number;
  readonly fewest: number;
  readonly heightPixels: number;
}

/** The size for so many runs. */
export function cellSizeFor(runCount: number): CellSize {
  if (runCount <= 12) return { name: 'large', widthPixels: 250, fewest: 1, heightPixels: 150 };
  if (runCount <= 60) return { name: 'medium', widthPixels: 168, fewest: 2, heightPixels: 92 };
  return { name: 'small', widthPixels: 118, fewest: 2, heightPixels: 56 };
}

/** Groups in a row, and runs in a row of a group. */
export interface Columns {
  readonly groups: number;
  readonly runs: number;
}

/** Small groups stand side by side; the rows of a large one are filled evenly. */
export function columnsFor(
  groups: readonly Group[],
  { widthPixels, gapPixels, cell }: { readonly widthPixels: number; readonly gapPixels: number; readonly cell: CellSize },
): Columns {
  const most = Math.max(cell.fewest, Math.floor((widthPixels + gapPixels) / (cell.widthPixels + gapPixels)));
  const size = groups.reduce((largest, { runs }) => Math.max(largest, runs.length), 1);
  if (size <= most) return { groups: Math.min(groups.length, Math.floor(most / size)), runs: size };
  return { groups: 1, runs: Math.ceil(size / Math.ceil(size / most)) };
}

/** Whether a text has all of these words, in whatever case. */
export function hasWords(text: string, words: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
