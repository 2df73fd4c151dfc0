// A run's records gathered step by step: everything that was kept of the way to a state, and of the state.

import type { Checkpoint, Evaluation, RunRecord, StepMetrics, TrajectoryEntry } from '../core/records.js';

/** A committed job as it was logged. */
export type JobRecord = Extract<RunRecord, { readonly type: 'contributions' }>;

/** What was recorded of the state after `step` steps, as far as it is there. */
export interface StepRecords {
  readonly step: number;
  /** The job that led here. */
  readonly train?: JobRecord;
  readonly entry?: TrajectoryEntry;
  readonly metrics?: StepMetrics;
  readonly checkpoint?: Checkpoint;
  /** The job of the evaluation here, and what it gave. */
  readonly evaluate?: JobRecord;
  readonly evaluation?: Evaluation;
}

/** Gathers records, which come in the order of their steps, for every step of a range; those of other steps are left out. */
export async function* recordsByStep(
  records: AsyncIterable<RunRecord> | Iterable<RunRecord>,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<StepRecords> {
  let gathered: StepRecords = { step: from };
  for await (const record of records) {
    const step = stepOf(record);
    if (step < from) continue;
    // Read on behind the range: whoever reads the logs learns of damage there.
    while (gathered.step < Math.min(step, to + 1)) {
      yield gathered;
      gathered = { step: gathered.step + 1 };
    }
    if (step === gathered.step) gathered = { ...gathered, ...fieldOf(record) };
  }
  for (; gathered.step <= to; gathered = { step: gathered.step + 1 }) yield gathered;
}

/** The steps that led to the state that a record belongs to. */
function stepOf(record: RunRecord): number {
  switch (record.type) {
    case 'trajectory':
      return record.entry.step;
    case 'metrics':
      return record.metrics.step;
    case 'evaluation':
      return record.evaluation.step;
    case 'contributions':
      return record.kind === 'train' ? record.step + 1 : record.step;
    case 'checkpoint':
      return record.checkpoint.step;
  }
}

function fieldOf(record: RunRecord): Omit<StepRecords, 'step'> {
  switch (record.type) {
    case 'trajectory':
      return { entry: record.entry };
    case 'metrics':
      return { metrics: record.metrics };
    case 'evaluation':
      return { evaluation: record.evaluation };
    case 'contributions':
      return record.kind === 'train' ? { train: record } : { evaluate: record };
    case 'checkpoint':
      return { checkpoint: record.checkpoint };
  }
}
