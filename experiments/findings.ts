// What an experiment finds: plain data, written as a page, a text and JSON elsewhere.

import type { Figure } from '../analysis/index.js';
import type { Spread } from './spread.js';

/** What became of a statement: a missing run decides nothing. */
export type Verdict = 'confirmed' | 'contradicted' | 'not decided';

/** A number or statement of the paper, and how well it is known: quoted from its text, recalled, recalled with less certainty. */
export interface PaperStatement {
  readonly text: string;
  readonly known: 'quoted' | 'recalled' | 'recalled with less certainty';
}

/** A row of the table theory · paper · ours · verdict. */
export interface Comparison {
  readonly quantity: string;
  readonly theory: number | string | undefined;
  readonly paper: PaperStatement | undefined;
  /** Undefined: not run. */
  readonly ours: Spread | string | undefined;
  readonly verdict: Verdict;
}

/** A qualitative statement, and the number that decides it. */
export interface Claim {
  readonly statement: string;
  readonly paper: PaperStatement | undefined;
  readonly verdict: Verdict;
  /** The number that decides, or what is missing. */
  readonly because: string;
}

/** A further table: numbers that stand behind the comparisons. */
export interface DetailTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Everything that an experiment finds. */
export interface Findings {
  readonly table: readonly Comparison[];
  readonly claims: readonly Claim[];
  readonly details: readonly DetailTable[];
  readonly figures: readonly Figure[];
}

/** The verdict of something measured; nothing measured decides nothing. */
export function verdictOf(isTrue: boolean | undefined): Verdict {
  if (isTrue === undefined) return 'not decided';
  return isTrue ? 'confirmed' : 'contradicted';
}
