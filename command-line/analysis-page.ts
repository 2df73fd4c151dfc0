// The report of an analysis: one HTML file without scripts, that needs nothing else.

import {
  blockFigure,
  canonicalFormsFigure,
  canonicalOutputsFigure,
  comparisonFigure,
  cosineFigure,
  decayFigure,
  lagFigure,
  learningRateFigure,
  lossFigure,
  polynomialFigure,
  preconditionerFigure,
  predictionFigure,
  pruningFigure,
  varianceFigure,
  type Figure,
  type NetworkReading,
  type RegressionReading,
  type RunCurves,
} from '../analysis/index.js';
import type { EvaluationSummary, RunConfig } from '../learning/index.js';
import { analysisRows, comparisonRows } from './analysis-numbers.js';

/** A run's checkpoint, read. */
export interface RunAnalysis {
  readonly name: string;
  readonly run: string;
  readonly config: RunConfig;
  readonly step: number;
  readonly parametersSha256: string;
  readonly summary: EvaluationSummary;
  readonly curves: RunCurves;
  /** Undefined where the model is not one whose neurons can be read. */
  readonly reading: NetworkReading | undefined;
  /** Undefined where the task is another than in-context regression. */
  readonly answers: RegressionReading | undefined;
  /** How far the loss could rise by pruning, in percent. */
  readonly tolerance: number;
}

const style = `
:root { color-scheme: light dark; --text: #222; --faint: #666; --paper: #fff; --line: #ddd; }
@media (prefers-color-scheme: dark) { :root { --text: #ddd; --faint: #999; --paper: #161616; --line: #3a3a3a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper); max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { color: var(--faint); margin: .25rem 0; } code { font-size: .85em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; } td { padding: .3rem 0; border-bottom: 1px solid var(--line); }
td:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: 1rem; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; border-radius: 4px; } figcaption { color: var(--faint); font-size: .9rem; }
.wide { overflow-x: auto; } .wide td { font-size: .8rem; white-space: nowrap; }
pre { overflow: auto; font-size: .85rem; }
`;

/** The report. */
export function analysisPage(analysis: RunAnalysis): string {
  const { name, run, config, step, parametersSha256, answers } = analysis;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(name)}, step ${step}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(name)} after step ${step}</h1>
<p>Run <code>${escape(run)}</code>, parameters <code>${parametersSha256}</code></p>
${tableHtml(analysisRows(analysis))}
${figuresOf(analysis).map(figureHtml).join('\n')}
${answers === undefined ? '' : `<h2>Losses and distances</h2>\n<div class="wide">${tableHtml(comparisonRows(answers))}</div>`}
<h2>Configuration</h2>
<pre>${escape(JSON.stringify(config, null, 2))}</pre>
</body>
</html>
`;
}

function figuresOf({ curves, reading, answers, config }: RunAnalysis): readonly Figure[] {
  return [
    lossFigure(curves),
    learningRateFigure(curves),
    ...(reading === undefined ? [] : readingFigures(reading, config)),
    ...(answers === undefined ? [] : answerFigures(answers, reading)),
  ];
}

function readingFigures(reading: NetworkReading, config: RunConfig): readonly Figure[] {
  const { canonical, lags, learningRate } = reading;
  const against = config.task.name === 'attention-teacher' ? 'the teacher' : 'one optimal gradient step';
  const names = inputNames(config);
  return [
    decayFigure(reading),
    pruningFigure(reading),
    blockFigure(reading.layer, reading.pruned.kept, names),
    ...(canonical === undefined ? [] : [canonicalFormsFigure(canonical, names), canonicalOutputsFigure(canonical)]),
    polynomialFigure(reading.polynomial, against),
    ...(lags === undefined || learningRate === undefined ? [] : [lagFigure(lags, learningRate)]),
  ];
}

function answerFigures(answers: RegressionReading, reading: NetworkReading | undefined): readonly Figure[] {
  const { alignment, preconditioner, comparison } = answers;
  return [
    predictionFigure(answers),
    cosineFigure(alignment),
    ...(preconditioner === undefined ? [] : [preconditionerFigure(preconditioner, reading?.preconditioner?.matrix)]),
    varianceFigure(answers),
    comparisonFigure(comparison),
  ];
}

/** x1, x2, …, y1, …, 1. */
function inputNames({ task }: RunConfig): readonly string[] {
  const numbered = (letter: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
  if (task.name === 'in-context-regression') {
    return [...numbered('x', task.inputDimension), ...numbered('y', task.outputDimension), '1'];
  }
  return [...numbered('x', task.name === 'attention-teacher' ? task.dimension : 0), '1'];
}

function tableHtml(rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string => row.map((cell) => `<td>${escape(cell)}</td>`).join('');
  return `<table>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`;
}

function figureHtml({ title, caption, svg }: Figure): string {
  return `<h2>${escape(title)}</h2>\n<figure>${svg}<figcaption>${escape(caption)}</figcaption></figure>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
