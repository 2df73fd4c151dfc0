// What follows from the runs of E5.

import { verdictOf, type Claim, type Comparison, type DetailTable, type Findings } from '../findings.js';
import { formatNumber, formatSpread, spreadOf } from '../spread.js';
import { oneStepClaim, recallClaims, solvedBound } from './claims.js';
import { accuracyFigure } from './figures.js';
import { recallGroups, recallRates, recallTasks, type RecallGroup, type RecallRun, type RecallTask } from './groups.js';
import { groupName, taskTitles } from './names.js';
import { publishedAccuracies, publishedFor } from './published.js';

/** Seeds that a verdict needs. */
const verdictSeeds = 3;

/** E5's findings. */
export function concludeRecall(runs: readonly RecallRun[]): Findings {
  const groups = recallTasks.flatMap((task) => recallGroups(runs, task));
  const of = (task: RecallTask): readonly RecallGroup[] => groups.filter((group) => group.task === task);
  return {
    table: groups.map(comparisonOf),
    claims: [
      oneStepClaim(runs),
      ...recallClaims(of('associative-recall')),
      ...recallTasks.map((task) => solversOf(task, of(task))),
    ],
    details: groups.length === 0 ? [] : [groupTable(groups), rateTable(runs), publishedTable()],
    figures: recallTasks.flatMap((task) => (of(task).length === 0 ? [] : [accuracyFigure(of(task), guessing(runs, task))])),
  };
}

/** The share of right answers by guessing among all of a task's answers. */
function guessing(runs: readonly RecallRun[], task: RecallTask): number {
  const found = runs.find(({ config }) => config.task.name === task)?.config.task;
  return found !== undefined && 'vocabulary' in found ? 1 / found.vocabulary : Number.NaN;
}

/** Beside a published figure the verdict is whether both solve the task, or neither. */
function comparisonOf(group: RecallGroup): Comparison {
  const published = publishedFor(group.architecture, group.task);
  const isSolved = group.accuracies.map((accuracy) => accuracy >= solvedBound);
  const isAlike = published === undefined ? undefined : isSolved.every((solved) => solved === published >= publishedSolved);
  return {
    quantity: `${taskTitles[group.task]}, ${groupName(group)}: right answers in %`,
    theory: undefined,
    paper: published === undefined ? undefined : { text: `${published}, of another task of this kind`, known: 'quoted' },
    ours: spreadOf(group.accuracies.map((accuracy) => 100 * accuracy)),
    verdict: group.accuracies.length < verdictSeeds ? 'not decided' : verdictOf(isAlike),
  };
}

/** Published percentages from which a task counts as solved there. */
const publishedSolved = 95;

function solversOf(task: RecallTask, groups: readonly RecallGroup[]): Claim {
  const solved = groups.filter(({ accuracies }) => accuracies.every((accuracy) => accuracy >= solvedBound));
  const names = (some: readonly RecallGroup[]): string => some.map(groupName).join(', ') || 'none';
  const others = groups.filter((group) => !solved.includes(group));
  return {
    statement: `Layers that solve ${taskTitles[task]} within the budget (at least ${100 * solvedBound} % right at every seed): ${names(solved)}.`,
    paper: undefined,
    verdict: 'not decided',
    because:
      groups.length === 0
        ? 'runs are missing'
        : `a list, not a statement of the paper; not within the budget: ${names(others)}; a larger budget may solve what this one does not`,
  };
}

function groupTable(groups: readonly RecallGroup[]): DetailTable {
  return {
    title: 'Right answers in %, by task and architecture',
    columns: ['task', 'architecture', 'size', 'parameters', 'learning rate', 'right answers in %'],
    rows: groups
      .toSorted((a, b) => recallTasks.indexOf(a.task) - recallTasks.indexOf(b.task) || best(b) - best(a))
      .map((group) => [
        taskTitles[group.task],
        group.architecture,
        group.size === null ? '–' : String(group.size),
        group.parameterCount.toLocaleString('en-US'),
        String(group.learningRate),
        spreadText(group),
      ]),
  };
}

const best = ({ accuracies }: RecallGroup): number => Math.max(...accuracies);

function spreadText({ accuracies }: RecallGroup): string {
  const spread = spreadOf(accuracies.map((accuracy) => 100 * accuracy));
  return spread === undefined ? 'not run' : formatSpread(spread);
}

function rateTable(runs: readonly RecallRun[]): DetailTable {
  const rates = recallRates(runs.filter(({ measurement }) => measurement.accuracy !== null));
  return {
    title: 'Sweep of learning rates at one seed; the smallest loss is taken',
    columns: ['task', 'architecture', 'learning rate', 'cross-entropy in nats', 'right answers in %'],
    rows: rates.map(({ task, architecture, learningRate, loss, accuracy }) => [
      task,
      architecture,
      String(learningRate),
      loss === null ? 'diverged' : formatNumber(loss),
      accuracy === null ? '–' : formatNumber(100 * accuracy),
    ]),
  };
}

function publishedTable(): DetailTable {
  return {
    title: 'Published accuracies in % (quoted from a public repository; two layers, vocabulary 20 and 40): other tasks than ours',
    columns: ['layer', 'associative recall', 'induction heads'],
    rows: publishedAccuracies.map(({ published, associativeRecall, inductionHeads }) => [
      published,
      String(associativeRecall),
      inductionHeads === undefined ? '–' : String(inductionHeads),
    ]),
  };
}
