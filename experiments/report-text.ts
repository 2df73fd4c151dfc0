// A report as Markdown, for the terminal, the repository and the page of results.

import type { Claim, Comparison, DetailTable, PaperStatement } from './findings.js';
import { describeCircumstances, describeStudy, figureFile, quickNotice, type ExperimentReport } from './report.js';
import { formatNumber, formatSpread } from './spread.js';

/** A number or words of theory. */
export function theoryText(theory: Comparison['theory']): string {
  if (theory === undefined) return '–';
  return typeof theory === 'number' ? formatNumber(theory) : theory;
}

/** What the paper says, with how well it is known. */
export function paperText(paper: PaperStatement | undefined): string {
  return paper === undefined ? '–' : `${paper.text} (${paper.known})`;
}

/** What was measured, or that it was not. */
export function oursText(ours: Comparison['ours']): string {
  if (ours === undefined) return 'not run';
  return typeof ours === 'string' ? ours : formatSpread(ours);
}

/** The cells of the table theory · paper · ours · verdict. */
export function comparisonCells({ quantity, theory, paper, ours, verdict }: Comparison): readonly string[] {
  return [quantity, theoryText(theory), paperText(paper), oursText(ours), verdict];
}

/** The head of that table. */
export const comparisonHead = ['quantity', 'theory', 'paper', 'ours', 'verdict'] as const;

/** A claim as one sentence. */
export function claimText({ statement, paper, verdict, because }: Claim): string {
  const source = paper === undefined ? '' : ` — paper: ${paperText(paper)}`;
  return `${statement}${source} **${verdict}**: ${because}`;
}

/** A report as Markdown; `figureFolder` is where its figures lie, relative to the text. */
export function reportText(report: ExperimentReport, figureFolder: string | undefined): string {
  const { experiment, title, isQuick, studies, table, claims, details, figures } = report;
  const parts = [
    `# ${experiment}: ${title}`,
    ...(isQuick ? [`**${quickNotice}**`] : []),
    markdownTable(comparisonHead, table.map(comparisonCells)),
    'Numbers are means ± standard deviations over the seeds of n runs.',
    ...(claims.length === 0 ? [] : ['## Claims', claims.map((claim) => `- ${claimText(claim)}`).join('\n')]),
    ...details.map(detailText),
    ...(figureFolder === undefined ? [] : figures.map((figure) => figureText(figure, figureFolder))),
    '## Runs',
    studies.map((study) => `- ${describeStudy(study)} (\`experiments/${study.file}\`)`).join('\n'),
    describeCircumstances(report),
  ];
  return `${parts.join('\n\n')}\n`;
}

const detailText = ({ title, columns, rows }: DetailTable): string => `## ${title}\n\n${markdownTable(columns, rows)}`;

function figureText({ title, caption }: { readonly title: string; readonly caption: string }, folder: string): string {
  return `## ${title}\n\n![${title}](${folder}/${figureFile(title)})\n\n${caption}`;
}

/** A Markdown table with columns of equal width, as the formatter wants it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...escaped.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...others] = escaped;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}
