// A report as one HTML file without scripts, that needs nothing else.

import type { Findings } from './findings.js';
import { describeCircumstances, describeStudy, quickNotice, type ExperimentReport } from './report.js';
import { comparisonCells, comparisonHead, paperText } from './report-text.js';

const style = `
:root { color-scheme: light dark; --text: #222; --faint: #666; --paper: #fff; --line: #ddd; --good: #1a7f37; --bad: #b3372f; }
@media (prefers-color-scheme: dark) { :root { --text: #ddd; --faint: #999; --paper: #161616; --line: #3a3a3a; --good: #57ab5a; --bad: #e5786d; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper); max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.notice { border: 2px solid var(--bad); padding: .5rem 1rem; } .faint, figcaption { color: var(--faint); font-size: .9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; vertical-align: top; }
.confirmed { color: var(--good); } .contradicted { color: var(--bad); font-weight: 600; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; border-radius: 4px; } code { font-size: .85em; overflow-wrap: anywhere; }
`;

/** The report. */
export function reportPage(report: ExperimentReport): string {
  const { experiment, title, isQuick, studies, runs } = report;
  const states = studies.map(
    (study) => `<li>${escape(describeStudy(study))} (<code>experiments/${escape(study.file)}</code>)</li>`,
  );
  const digests = runs.map(({ name, outcome, step, parametersSha256 }) => [name, outcome, String(step), parametersSha256]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${experiment}: ${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${experiment}: ${escape(title)}</h1>
${isQuick ? `<p class="notice">${escape(quickNotice)}</p>` : ''}
${findingsHtml(report)}
<h2>Runs</h2>
<ul>${states.join('')}</ul>
${tableHtml(['run', 'outcome', 'steps', 'SHA-256 of the parameters'], digests)}
<p class="faint">${escape(describeCircumstances(report))}</p>
</body>
</html>
`;
}

function findingsHtml({ table, claims, details, figures }: Findings): string {
  const statements = claims.map(({ statement, paper, verdict, because }) => {
    const source = paper === undefined ? '' : ` <span class="faint">paper: ${escape(paperText(paper))}</span>`;
    return `<li>${escape(statement)}${source} <span${verdictClass(verdict)}>${verdict}</span>: ${escape(because)}</li>`;
  });
  return [
    tableHtml(comparisonHead, table.map(comparisonCells)),
    '<p class="faint">Numbers are means ± standard deviations over the seeds of n runs.</p>',
    ...(statements.length === 0 ? [] : [`<h2>Claims</h2>\n<ul>${statements.join('')}</ul>`]),
    ...figures.map(({ title, caption, svg }) => {
      return `<h2>${escape(title)}</h2>\n<figure>${svg}<figcaption>${escape(caption)}</figcaption></figure>`;
    }),
    ...details.map(({ title, columns, rows }) => `<h2>${escape(title)}</h2>\n${tableHtml(columns, rows)}`),
  ].join('\n');
}

const verdictClass = (text: string): string => (text === 'confirmed' || text === 'contradicted' ? ` class="${text}"` : '');

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string => row.map((text) => `<td${verdictClass(text)}>${escape(text)}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('');
  return `<div class="scroll"><table><tr>${head.map((text) => `<th>${escape(text)}</th>`).join('')}</tr>${body}</table></div>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
