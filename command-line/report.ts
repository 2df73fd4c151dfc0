// What a run leaves on the screen: a table for people, an object for programs.

import type { EvaluationSummary } from '../learning/index.js';
import { formatCount, formatDifference, formatDuration, formatLoss, formatTable } from './format.js';

/** The result of a run as `--json` prints it. */
export interface RunReport {
  readonly name: string;
  /** The run's folder. */
  readonly run: string;
  readonly outcome: 'completed' | 'diverged' | 'stopped';
  readonly model: string;
  readonly steps: number;
  readonly continuedFromStep: number;
  readonly initialTestLoss: number | null;
  readonly testLoss: number | null;
  /** Where targets are classes: the share that is right. */
  readonly accuracy: number | null;
  readonly gradientDescent: number | null;
  readonly difference: number | null;
  readonly standardError: number | null;
  readonly zero: number | null;
  readonly optimum: number | null;
  readonly testSequences: number;
  readonly trainLoss: number | null;
  readonly parametersSha256: string;
  readonly seconds: number;
  readonly sequencesPerSecond: number;
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
  readonly uncheckedNodes: number;
  readonly admittedTolerant: boolean;
  readonly tolerantNodes: number;
  readonly contributionsByWorker: Readonly<Record<string, { readonly committedNodes: number; readonly microbatches: number }>>;
  readonly divergedAtStep?: number;
}

/** The part of a report that evaluations give. */
export function evaluationFields(
  first: EvaluationSummary | undefined,
  last: EvaluationSummary | undefined,
): Pick<
  RunReport,
  | 'initialTestLoss'
  | 'testLoss'
  | 'accuracy'
  | 'gradientDescent'
  | 'difference'
  | 'standardError'
  | 'zero'
  | 'optimum'
  | 'testSequences'
> {
  return {
    initialTestLoss: first?.testLoss ?? null,
    testLoss: last?.testLoss ?? null,
    accuracy: last?.accuracy ?? null,
    gradientDescent: last?.gradientDescent ?? null,
    difference: last?.difference ?? null,
    standardError: last?.standardError ?? null,
    zero: last?.zero ?? null,
    optimum: last?.optimum ?? null,
    testSequences: last?.sequences ?? 0,
  };
}

const orDash = (x: number | null, format: (x: number) => string): string => (x === null ? '–' : format(x));

/** The comparison of runs with each other, gradient descent, zero and theory, as text. */
export function describeReports(reports: readonly RunReport[]): string {
  const [first] = reports;
  if (first === undefined) return '';
  const classifies = reports.some(({ accuracy }) => accuracy !== null);
  const measure = classifies ? 'cross-entropy in nats' : 'half the mean squared error per output';
  const comparison = classifies ? ['right at end'] : ['minus one gradient step', 'standard error'];
  const head = [measure, 'at start', 'at end', ...comparison];
  const rows = reports.map((report) => [
    report.name,
    orDash(report.initialTestLoss, formatLoss),
    orDash(report.testLoss, formatLoss),
    ...(classifies
      ? [orDash(report.accuracy, (share) => `${(100 * share).toFixed(2)} %`)]
      : [orDash(report.difference, formatDifference), orDash(report.standardError, (x) => `± ${x.toExponential(1)}`)]),
  ]);
  const lines = (label: string, value: number | null): string[][] =>
    value === null ? [] : [[label, '', formatLoss(value), ...comparison.map(() => '')]];
  const table = formatTable([
    head,
    ...rows,
    ...lines('one optimal step of gradient descent (same sequences)', first.gradientDescent),
    ...lines('predicting zero (same sequences)', first.zero),
    ...lines('optimum in theory', first.optimum),
  ]);
  return `\n${table}\n\nMeasured on ${formatCount(first.testSequences)} held-out sequences.\n`;
}

/** One run in words: how it ended, how fast, where it lies, and how it goes on with the files of its plugins. */
export function describeRun(report: RunReport, pluginFiles: readonly string[]): string {
  const ended = {
    completed: `completed ${formatCount(report.steps)} steps`,
    diverged: `diverged at step ${report.divergedAtStep ?? report.steps}: its loss is no longer finite`,
    stopped: `was stopped after ${formatCount(report.steps)} steps`,
  }[report.outcome];
  return [
    `${report.name} ${ended} in ${formatDuration(report.seconds)}, ${formatCount(report.sequencesPerSecond)} sequences/s.`,
    `  parameters ${report.parametersSha256}`,
    `  run folder ${report.run}`,
    ...notesOf(report),
    ...(report.outcome === 'stopped'
      ? [`  continue with  npx starling resume ${shellWord(report.run)}${pluginWords(pluginFiles)}`]
      : []),
  ].join('\n');
}

/** What its owner should know before they rely on a run's bits. */
function notesOf({ admittedTolerant, tolerantNodes, uncheckedNodes }: RunReport): readonly string[] {
  const tolerant = `  its bits depend on who helped: ${formatCount(tolerantNodes)} tree nodes are tolerant workers'`;
  const unchecked = `  ${formatCount(uncheckedNodes)} sums of volunteers count unconfirmed: nobody else was there; starling verify confirms`;
  return [...(admittedTolerant ? [tolerant] : []), ...(uncheckedNodes > 0 ? [unchecked] : [])];
}

/** `--plugin` for each of these files, as the end of a command. */
export const pluginWords = (files: readonly string[]): string => files.map((file) => ` --plugin ${shellWord(file)}`).join('');

/** A path as a word for a POSIX shell. */
function shellWord(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
