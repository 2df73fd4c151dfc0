// What a study leaves on the screen: its runs with their losses, how many are done, and where everything lies.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatLoss, formatTable } from './format.js';
import type { StudyResult } from './study-table.js';

/** The files of a study, in its folder. */
export const studyFiles = { csv: 'results.csv', json: 'results.json', page: 'study.html' } as const;

/** The summary of a study of so many runs. */
export function describeStudy(
  results: readonly StudyResult[],
  { folder, runCount }: { readonly folder: string; readonly runCount: number },
): string {
  const outcomes = (['completed', 'diverged', 'stopped'] as const).flatMap((outcome) => {
    const count = results.filter(({ report }) => report.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  const waiting = runCount - results.length;
  const isWhole = waiting === 0 && results.every(({ report }) => report.outcome !== 'stopped');
  const page = join(folder, studyFiles.page);
  return [
    describeResults(results),
    '',
    `${runCount} ${runCount === 1 ? 'run' : 'runs'}: ${[...outcomes, ...(waiting === 0 ? [] : [`${waiting} not begun`])].join(', ')}.`,
    ...(isWhole ? [] : ['The same command goes on with what is left.']),
    `  table   ${join(folder, studyFiles.csv)}`,
    `  as JSON ${join(folder, studyFiles.json)}`,
    ...(existsSync(page) ? [`  page    ${page}`] : []),
  ].join('\n');
}

function describeResults(results: readonly StudyResult[]): string {
  const head = ['run', 'outcome', 'training loss', 'held-out loss', 'minus one gradient step'];
  const rows = results.map(({ run: { config }, report: { outcome, trainLoss, testLoss, difference } }) => {
    const numbers = [trainLoss, testLoss, difference].map((x) => (x === null ? '–' : formatLoss(x)));
    return [config.name.slice(config.name.indexOf('/') + 1), outcome, ...numbers];
  });
  return formatTable([head, ...rows]);
}
