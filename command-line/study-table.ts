// The table of a study: a row for each run, tidy, so that any tool can group and plot it.

import type { StudyRun } from '../learning/index.js';
import type { RunReport } from './report.js';

/** A run and what came of it. */
export interface StudyResult {
  readonly run: StudyRun;
  readonly report: RunReport;
}

/** A row: the values of the grid, then what was measured. */
export type StudyRow = Readonly<Record<string, string | number | boolean | null>>;

const measured = [
  ...(['outcome', 'model', 'steps', 'initialTestLoss', 'testLoss', 'accuracy', 'gradientDescent', 'difference'] as const),
  ...(['standardError', 'zero', 'optimum', 'testSequences', 'trainLoss', 'parametersSha256', 'seconds'] as const),
];

/** The rows of a study, in the order of its runs. */
export function studyRows(results: readonly StudyResult[]): readonly StudyRow[] {
  return results.map(({ run, report }) => {
    const axes = Object.entries(run.values).map(([path, value]) => {
      return [path, typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean)] as const;
    });
    return {
      run: run.config.name,
      ...Object.fromEntries(axes),
      ...Object.fromEntries(measured.map((key) => [key, report[key]])),
    };
  });
}

/** Rows as CSV (RFC 4180), a header first; every row has the same columns. */
export function studyCsv(rows: readonly StudyRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
