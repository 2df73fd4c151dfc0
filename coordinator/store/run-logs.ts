// The logs of a run and the form of their lines.
//
//   trajectory.jsonl      {step, loss, parametersSha256, chain}: every `digestEvery` steps
//   contributions.jsonl   {kind, step, nodes: [{begin, end, worker, sha256, arithmetic?}, …]}: a line for each job
//   metrics.jsonl         {type: 'step', …} and {type: 'evaluation', …}: for curves

import { createHash } from 'node:crypto';
import {
  chainStart,
  commitOf,
  evaluationAt,
  linkTrajectory,
  momentOf,
  type Evaluation,
  type RunRecord,
  type StepMetrics,
  type TrajectoryEntry,
} from '../index.js';

/** The logs, in the order in which they are written: contributions first, so that nothing is committed that no one has computed. */
export const logNames = ['contributions', 'trajectory', 'metrics'] as const;

/** One of the logs. */
export type LogName = (typeof logNames)[number];

/** The name of a log's file. */
export const logFile = (name: LogName): string => `${name}.jsonl`;

/** Who computed a tree node, and what. */
export interface LoggedNode {
  readonly begin: number;
  readonly end: number;
  readonly worker: string;
  readonly sha256: string;
  /** Present where its bits are not the contract's. */
  readonly arithmetic?: 'tolerant';
}

/** A line of contributions.jsonl: a committed job. */
export interface LoggedJob {
  readonly kind: 'train' | 'evaluate';
  /** Steps committed before the job. */
  readonly step: number;
  readonly nodes: readonly LoggedNode[];
}

/** A line of metrics.jsonl: an evaluation, or the measures of a step. */
export interface LoggedMetrics {
  readonly moment: number;
  readonly evaluation: Evaluation | undefined;
  readonly metrics: StepMetrics | undefined;
}

/** The line that keeps a record, and the log that it belongs to; the time is that of the record, in ISO 8601. */
export function lineOf(
  record: Exclude<RunRecord, { readonly type: 'checkpoint' }>,
  time: string,
): { readonly log: LogName; readonly moment: number; readonly value: unknown } {
  const moment = momentOf(record);
  switch (record.type) {
    case 'trajectory':
      return { log: 'trajectory', moment, value: record.entry };
    case 'contributions': {
      const { kind, step, contributions } = record;
      const nodes = contributions.map(({ workerId, begin, end, ...rest }) => ({ begin, end, worker: workerId, ...rest }));
      return { log: 'contributions', moment, value: { kind, step, nodes } };
    }
    case 'metrics': {
      const { step, loss, learningRate, values } = record.metrics;
      return { log: 'metrics', moment, value: { type: 'step', step, loss, learningRate, ...values, time } };
    }
    case 'evaluation':
      return { log: 'metrics', moment, value: { type: 'evaluation', ...record.evaluation, time } };
  }
}

/**
 * Reads lines of trajectory.jsonl; each must continue the chain of the one before. Whoever reads on behind a line that was refused
 * gets the next one as it stands, and the chain goes on from there.
 */
export function trajectoryParser(): (value: unknown) => TrajectoryEntry {
  let chain: string | undefined = chainStart;
  let lastStep = -1;
  return (value) => {
    const previous = chain;
    chain = undefined;
    const { step, loss, parametersSha256, chain: found } = fields(value);
    if (!isCount(step) || step <= lastStep) throw new RangeError(`step ${String(step)} after step ${lastStep}`);
    if (!isDigest(parametersSha256)) throw new RangeError('no digest of parameters');
    if (loss !== null && typeof loss !== 'number') throw new RangeError('a loss that is no number');
    if (!isDigest(found)) throw new RangeError('no chain');
    const entry = { step, loss, parametersSha256, chain: found };
    lastStep = step;
    if (previous !== undefined && linkTrajectory(previous, entry, digestOf).chain !== found) {
      throw new RangeError('a line that does not continue the chain of those before it');
    }
    chain = found;
    return entry;
  };
}

/** Reads lines of contributions.jsonl; their moments ascend. */
export function contributionsParser(): (value: unknown) => LoggedJob {
  let lastMoment = -Infinity;
  return (value) => {
    const { kind, step, nodes } = fields(value);
    if (kind !== 'train' && kind !== 'evaluate') throw new RangeError(`job of kind ${String(kind)}`);
    if (!isCount(step) || !Array.isArray(nodes)) throw new RangeError('a job without step or nodes');
    lastMoment = laterMoment(kind === 'train' ? commitOf(step + 1) : evaluationAt(step), lastMoment);
    return { kind, step, nodes: nodes.map(readNode) };
  };
}

/** Reads lines of metrics.jsonl; their moments ascend. */
export function metricsParser(): (value: unknown) => LoggedMetrics {
  let lastMoment = -Infinity;
  return (value) => {
    const { type, step, sums, summary, ...measures } = fields(value);
    if (!isCount(step) || (type !== 'step' && type !== 'evaluation')) throw new RangeError('neither a step nor an evaluation');
    lastMoment = laterMoment(type === 'step' ? commitOf(step) : evaluationAt(step), lastMoment);
    const evaluation = type === 'step' ? undefined : ({ step, sums: fields(sums), summary } as unknown as Evaluation);
    const metrics = type === 'step' ? readStepMetrics(step, measures) : undefined;
    return { moment: lastMoment, evaluation, metrics };
  };
}

/** The moment of a committed job. */
export const momentOfJob = ({ kind, step }: LoggedJob): number => (kind === 'train' ? commitOf(step + 1) : evaluationAt(step));

function readStepMetrics(step: number, { time, loss, learningRate, ...values }: Readonly<Record<string, unknown>>): StepMetrics {
  if (typeof time !== 'string') throw new RangeError('a step without time');
  return { step, loss, learningRate, values } as StepMetrics;
}

function readNode(value: unknown): LoggedNode {
  const { begin, end, worker, sha256, arithmetic } = fields(value);
  if (!isCount(begin) || !isCount(end) || typeof worker !== 'string' || !isDigest(sha256)) {
    throw new RangeError('a tree node without range, worker or digest');
  }
  return arithmetic === 'tolerant' ? { begin, end, worker, sha256, arithmetic } : { begin, end, worker, sha256 };
}

function laterMoment(moment: number, lastMoment: number): number {
  if (moment <= lastMoment) throw new RangeError('a step that was recorded before');
  return moment;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new RangeError('no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
