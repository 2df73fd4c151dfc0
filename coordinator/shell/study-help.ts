// What volunteers have done for a study: for the runs that are open, and for those that have ended.

import type { RunSummary } from '../../protocol/index.js';
import type { WorkerStatistics } from '../index.js';
import { addHelp, helpOf, type Help } from './run-summary.js';

type Statistics = readonly Readonly<WorkerStatistics>[];

/** Names whose help in runs that have ended is remembered; of more the first are forgotten. */
const nameLimit = 10_000;

/** Adds up the help of workers by their names. */
export class StudyHelp {
  /** In runs that have ended. */
  readonly #ended = new Map<string, Help>();

  /** Takes what workers have done for a run that has ended. */
  note(statistics: Statistics): void {
    for (const { name, committedNodes, microbatches } of statistics) {
      const sum = addHelp(this.#ended.get(name), { committedNodes, microbatches });
      // Set anew, so that the first ones are those who were not seen for longest.
      this.#ended.delete(name);
      if (sum !== undefined) this.#ended.set(name, sum);
      const [oldest] = this.#ended.keys();
      if (this.#ended.size > nameLimit && oldest !== undefined) this.#ended.delete(oldest);
    }
  }

  /** What a worker has done, these open runs included; null where there was never one of that name. */
  of(
    name: string | undefined,
    { open, isConnected }: { readonly open: readonly Statistics[]; readonly isConnected: boolean },
  ): RunSummary['worker'] {
    const help = addHelp(name === undefined ? undefined : this.#ended.get(name), helpOf(name, open.flat()));
    return help === undefined && !isConnected ? null : { isConnected, committedNodes: 0, microbatches: 0, ...help };
  }
}
