// The statements of the paper's comparison of architectures, and the numbers that decide them.

import type { Claim, PaperStatement } from '../findings.js';
import { formatNumber } from '../spread.js';
import { claimSeeds, compareGroups, verdictOfAll } from './comparison.js';
import { comparedSize, type ArchitectureGroup, type ComparedTask } from './groups.js';
import { lruClaims } from './lru-claims.js';

const recalled = (text: string): PaperStatement => ({ text, known: 'recalled' });
const quoted = (text: string): PaperStatement => ({ text, known: 'quoted' });

/** A group at the compared size, or the one of an architecture without sizes. */
export function groupAt(
  groups: readonly ArchitectureGroup[],
  architecture: string,
  task: ComparedTask,
): ArchitectureGroup | undefined {
  const size = comparedSize(groups);
  return groups.find((group) => {
    return group.architecture === architecture && group.task === task && (group.size === size || group.size === null);
  });
}

/** All claims. */
export function architectureClaims(groups: readonly ArchitectureGroup[]): readonly Claim[] {
  return [
    nonlinearity(groups, 'regression'),
    nonlinearity(groups, 'imitation'),
    gruWithoutAttention(groups),
    gruAtDoubledVariance(groups),
    lstmCanImitate(groups),
    gruCannotImitate(groups),
    ...lruClaims(groups),
  ];
}

/** GRU and LSTM, whose recurrences are not linear, beside Eq. 2, whose recurrence is. */
function nonlinearity(groups: readonly ArchitectureGroup[], task: ComparedTask): Claim {
  const isRegression = task === 'regression';
  const statement = isRegression
    ? 'Non-linearity improves in-context learning: GRU and LSTM end below Eq. 2 on regression in context, at equal size.'
    : 'Non-linearity deteriorates the ability to mimic attention: GRU and LSTM end above Eq. 2 on imitation, at equal size.';
  const paper = recalled(
    'Non-linearity improves the in-context learning performance but deteriorates the ability to mimic attention',
  );
  const linear = groupAt(groups, 'Eq. 2', task);
  const nonlinear = ['GRU', 'LSTM'].map((name) => groupAt(groups, name, task));
  if (linear === undefined || nonlinear.includes(undefined))
    return { statement, paper, verdict: 'not decided', because: 'runs are missing' };
  const comparisons = nonlinear.flatMap((group) => (group === undefined ? [] : [compareGroups(group, linear)]));
  const relations = comparisons.map(({ relation }) => relation);
  return {
    statement,
    paper,
    verdict: verdictOfAll(relations, isRegression ? 'lower' : 'higher'),
    because: comparisons.map(({ words }) => words).join('; '),
  };
}

/** Standard errors that sampling does not explain. */
const standardErrorBound = 4;
/** Imitation losses that are so many times Eq. 2's are not attention's. */
const unlikeAttention = 10;

function belowOneStep(
  group: ArchitectureGroup,
  variance: 'trained' | 'doubled',
): { readonly isBelow: boolean; readonly words: string } {
  const pairs = group.runs.flatMap(({ measurement }) => measurement.regression?.[variance] ?? []);
  const depths = pairs.map(({ difference, standardError }) => difference / standardError);
  const differences = pairs.map(({ difference }) => formatNumber(difference)).join(', ');
  return {
    isBelow: depths.every((depth) => depth < -standardErrorBound),
    words: `${group.architecture} minus one gradient step, paired, by seed: ${differences} (the weakest ${formatNumber(Math.max(...depths))} standard errors from 0)`,
  };
}

function gruWithoutAttention(groups: readonly ArchitectureGroup[]): Claim {
  const statement = `The GRU does very well on regression in context (below one gradient step) though it is not attention-like (imitation loss at least ${unlikeAttention} times Eq. 2's).`;
  const paper = quoted('the GRU does very well on B though it is not attention-like');
  const [gru, imitation, linear] = [
    groupAt(groups, 'GRU', 'regression'),
    groupAt(groups, 'GRU', 'imitation'),
    groupAt(groups, 'Eq. 2', 'imitation'),
  ];
  if (gru === undefined || imitation === undefined || linear === undefined)
    return { statement, paper, verdict: 'not decided', because: 'runs are missing' };
  const below = belowOneStep(gru, 'trained');
  const comparison = compareGroups(imitation, linear);
  const because = `${below.words}; imitation: ${comparison.words}, ${formatNumber(comparison.ratio)} times Eq. 2's`;
  if (gru.runs.length < claimSeeds || comparison.relation === 'undecided')
    return { statement, paper, verdict: 'not decided', because };
  const isTrue = below.isBelow && comparison.relation === 'higher' && comparison.ratio >= unlikeAttention;
  return { statement, paper, verdict: isTrue ? 'confirmed' : 'contradicted', because };
}

function gruAtDoubledVariance(groups: readonly ArchitectureGroup[]): Claim {
  const statement = 'The GRU stays below one gradient step where W* has twice the variance that it was trained with.';
  const paper: PaperStatement = { text: 'tested with the variance of W* doubled', known: 'recalled with less certainty' };
  const gru = groupAt(groups, 'GRU', 'regression');
  if (gru === undefined) return { statement, paper, verdict: 'not decided', because: 'runs are missing' };
  const { isBelow, words } = belowOneStep(gru, 'doubled');
  if (gru.runs.length < claimSeeds)
    return { statement, paper, verdict: 'not decided', because: `${words}; ${claimSeeds} seeds wanted` };
  return { statement, paper, verdict: isBelow ? 'confirmed' : 'contradicted', because: words };
}

/** A constructed network is as good as f32 lets it be below this. */
const constructionBound = 1e-5;

const mechanism = quoted('An LSTM can implement the mechanism, a GRU cannot');

function lstmCanImitate(groups: readonly ArchitectureGroup[]): Claim {
  const loss = constructedLossOf(groups, 'LSTM');
  const claim = { statement: 'An LSTM can implement the mechanism.', paper: mechanism };
  if (loss === undefined) return { ...claim, verdict: 'not decided', because: 'no LSTM was run on imitation' };
  const because = `an LSTM of 4 d² units, constructed from the teacher with its gates near their straight middle, has normalized loss ${formatNumber(loss)} on the same sequences (at most ${constructionBound} wanted); ${trainedWords(groups, 'LSTM')}`;
  return { ...claim, verdict: loss <= constructionBound ? 'confirmed' : 'contradicted', because };
}

/** No training shows that a solution does not exist; a construction shows that one does. */
function gruCannotImitate(groups: readonly ArchitectureGroup[]): Claim {
  const loss = constructedLossOf(groups, 'GRU');
  const claim = { statement: 'A GRU cannot implement the mechanism.', paper: mechanism };
  if (loss === undefined) return { ...claim, verdict: 'not decided', because: 'no GRU was run on imitation' };
  const because = `a GRU of 12 d² units, constructed from the teacher as closely as an LSTM is from 4 d² (its gates near their middle, and what a token gives to itself by the cubic part of tanh), has normalized loss ${formatNumber(loss)} on the same sequences (at most ${constructionBound} wanted); ${trainedWords(groups, 'GRU')}`;
  return { ...claim, verdict: loss <= constructionBound ? 'contradicted' : 'not decided', because };
}

function constructedLossOf(groups: readonly ArchitectureGroup[], wanted: string): number | undefined {
  const own = groups.filter(({ architecture }) => architecture === wanted);
  return own.flatMap(({ runs }) => runs.flatMap(({ measurement }) => measurement.construction ?? []))[0];
}

function trainedWords(groups: readonly ArchitectureGroup[], architecture: string): string {
  const losses = groups
    .filter((group) => group.architecture === architecture && group.task === 'imitation')
    .map(({ size, runs }) => `${formatNumber(Math.min(...runs.map(({ measurement }) => measurement.normalizedLoss)))} (${size})`);
  return losses.length === 0 ? 'none was trained' : `trained ones reach, by size, ${losses.join(', ')}`;
}
