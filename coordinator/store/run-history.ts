// The records of a run in the order in which they were made, read from its logs line by line, with every place where a log is not whole.
//
// Moments (core/records.ts) tell which record comes next in a log: a line that is refused stands at the moment that was due, and a line
// that comes too late shows that others are missing.

import { join } from 'node:path';
import type { TrainingPlan } from '../../learning/index.js';
import { commitOf, evaluationAt, isEvaluationDue, momentOf, type RunRecord } from '../index.js';
import type { Disk } from './disk.js';
import { readDamagedLog, type LogDamage, type LogLine } from './log-reader.js';
import {
  contributionsParser,
  logFile,
  logNames,
  metricsParser,
  trajectoryParser,
  type LoggedJob,
  type LoggedMetrics,
  type LogName,
} from './run-logs.js';

/** A record that is a line of a log. */
export type LineRecord = Exclude<RunRecord, { readonly type: 'checkpoint' }>;

/** A place where a log is not whole. */
export interface LogFault {
  readonly type: 'fault';
  readonly kind: 'damaged-line' | 'missing-lines';
  readonly file: string;
  readonly lineNumber: number;
  /** Of a job, the steps before it; of a state, the steps that led to it. */
  readonly step: number;
  readonly found: string;
  readonly wanted: string;
  /** Whether it is the file's end that is torn, as a crash leaves it. */
  readonly isTorn: boolean;
}

/** What is read, and what a whole log has. */
export interface HistoryRequest {
  readonly folder: string;
  readonly plan: TrainingPlan;
  readonly digestEvery: number;
  /** Whether there is a log of contributions. */
  readonly keepContributions: boolean;
  /** The moment up to which every log must reach. */
  readonly reach: number;
}

/** Reads all logs beside each other. */
export async function* readHistory(disk: Disk, request: HistoryRequest): AsyncGenerator<LineRecord | LogFault> {
  const names = logNames.filter((name) => name !== 'contributions' || request.keepContributions);
  const streams = names.map((name) => placed(readRecords(disk, request.folder, name), name, request));
  try {
    const heads = await Promise.all(streams.map((stream) => stream.next()));
    for (;;) {
      let first = -1;
      // The first of equals: contributions stand before what follows from them.
      for (const [index, head] of heads.entries()) {
        const least = heads[first];
        if (head.done !== true && (least?.done !== false || head.value.moment < least.value.moment)) first = index;
      }
      const [stream, head] = [streams[first], heads[first]];
      if (stream === undefined || head === undefined || head.done === true) return;
      yield head.value.item;
      heads[first] = await stream.next();
    }
  } finally {
    for (const stream of streams) await stream.return(undefined);
  }
}

function readRecords(disk: Disk, folder: string, name: LogName): AsyncGenerator<LogLine<LineRecord> | LogDamage> {
  return readDamagedLog(disk, join(folder, logFile(name)), recordParser(name));
}

function recordParser(name: LogName): (value: unknown) => LineRecord {
  switch (name) {
    case 'contributions': {
      const parse = contributionsParser();
      return (value) => recordOfJob(parse(value));
    }
    case 'trajectory': {
      const parse = trajectoryParser();
      return (value) => ({ type: 'trajectory', entry: parse(value) });
    }
    case 'metrics': {
      const parse = metricsParser();
      return (value) => recordOfMetrics(parse(value));
    }
  }
}

function recordOfJob({ kind, step, nodes }: LoggedJob): LineRecord {
  const contributions = nodes.map(({ begin, end, worker, ...rest }) => ({ begin, end, workerId: worker, ...rest }));
  return { type: 'contributions', kind, step, contributions };
}

function recordOfMetrics({ evaluation, metrics }: LoggedMetrics): LineRecord {
  if (evaluation !== undefined) return { type: 'evaluation', evaluation };
  if (metrics !== undefined) return { type: 'metrics', metrics };
  throw new RangeError('neither a step nor an evaluation');
}

interface Placed {
  readonly moment: number;
  readonly item: LineRecord | LogFault;
}

/** Puts the lines of a log in their places, and finds those that are missing. */
async function* placed(
  lines: AsyncGenerator<LogLine<LineRecord> | LogDamage>,
  name: LogName,
  request: HistoryRequest,
): AsyncGenerator<Placed, undefined> {
  const fault = (due: number, about: Pick<LogFault, 'kind' | 'lineNumber' | 'found' | 'isTorn'>): Placed => {
    const step = isTrainingJob(name, due) ? stepAt(due) - 1 : stepAt(due);
    return { moment: due, item: { type: 'fault', file: logFile(name), step, wanted: nameOfMoment(name, due), ...about } };
  };
  let due = name === 'trajectory' ? commitOf(0) : evaluationAt(0);
  let lineNumber = 0;
  for await (const line of lines) {
    ({ lineNumber } = line);
    if ('found' in line) {
      yield fault(due, { kind: 'damaged-line', ...line });
      due = momentAfter(name, due, request);
      continue;
    }
    const moment = momentOf(line.value);
    if (moment > due) {
      yield fault(due, { kind: 'missing-lines', lineNumber, found: nameOfMoment(name, moment), isTorn: false });
    }
    yield { moment, item: line.value };
    due = momentAfter(name, moment, request);
  }
  if (due <= request.reach) {
    yield fault(due, { kind: 'missing-lines', lineNumber: lineNumber + 1, found: 'the end of the file', isTorn: false });
  }
  return undefined;
}

/** The moment of the line after a line; infinity after the last one. */
function momentAfter(name: LogName, moment: number, { plan, digestEvery }: HistoryRequest): number {
  const step = stepAt(moment);
  const isLast = step >= plan.stepCount;
  if (name === 'trajectory') {
    return isLast ? Infinity : commitOf(Math.min(plan.stepCount, step - (step % digestEvery) + digestEvery));
  }
  if (moment < evaluationAt(step) && isEvaluationDue(plan, step)) return evaluationAt(step);
  return isLast ? Infinity : commitOf(step + 1);
}

/** What stands at a moment, in words. */
function nameOfMoment(name: LogName, moment: number): string {
  const step = stepAt(moment);
  if (moment === evaluationAt(step)) return `the evaluation after ${step} steps`;
  return isTrainingJob(name, moment) ? `step ${step - 1}` : `the entry after ${step} ${step === 1 ? 'step' : 'steps'}`;
}

const isTrainingJob = (name: LogName, moment: number): boolean =>
  name === 'contributions' && moment < evaluationAt(stepAt(moment));

/** The steps that had led to the state of a moment; the sum turns −0 into 0. */
const stepAt = (moment: number): number => Math.ceil(moment / 2) + 0;
