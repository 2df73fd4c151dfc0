// What travels with a segment, as f32. With P parameters, S numbers of optimizer state, s scalars of an update and m metrics of it:
//
//   to the worker     parameters [P], state [S], then for each step: scalars [s]
//   and back          parameters [P], state [S], then for each step: loss, loss weight, metrics [m], two digests [16 + 16]
//
// A digest is SHA-256 as sixteen big-endian integers of 16 bits, exact in f32: of the parameters after the step, and of its sums. One that
// was not asked for is all zeros.

import type { ProgramEntry } from './coordinator-messages.js';

/** The lengths of a run's vectors, in floats. */
export interface SegmentLayout {
  readonly parameterCount: number;
  readonly stateLength: number;
  readonly scalarCount: number;
  readonly metricCount: number;
}

/** What is known of a step that was part of a segment. */
export interface StepRecord {
  /** The root sums of loss and loss weight. */
  readonly loss: number;
  readonly lossWeight: number;
  /** Metrics of the update program, in the order of its outputs. */
  readonly metrics: readonly number[];
  /** Of the parameters after the step; undefined where it was not asked for. */
  readonly parametersSha256: string | undefined;
  /** Of the step's root sums; undefined where it was not asked for. */
  readonly sumsSha256: string | undefined;
}

const digestFloats = 16;
const losses = 2;

/** The lengths of a run's vectors; undefined where its programs are not a training program and the update of its parameters. */
export function segmentLayout(
  programs: readonly Pick<ProgramEntry, 'role' | 'inputLength' | 'outputLength'>[],
  scalarCount: number,
): SegmentLayout | undefined {
  const train = programs.find(({ role }) => role === 'train');
  const update = programs.find(({ role }) => role === 'update');
  if (train === undefined || update === undefined) return undefined;
  const parameterCount = train.inputLength;
  const stateLength = update.inputLength - 2 * parameterCount - 1 - scalarCount;
  const metricCount = update.outputLength - parameterCount - stateLength;
  const fits = train.outputLength === parameterCount + losses && stateLength >= 0 && metricCount >= 0;
  return fits ? { parameterCount, stateLength, scalarCount, metricCount } : undefined;
}

/** Floats to the worker. */
export function segmentRequestLength({ parameterCount, stateLength, scalarCount }: SegmentLayout, stepCount: number): number {
  return parameterCount + stateLength + stepCount * scalarCount;
}

/** Floats back. */
export function segmentResultLength(layout: SegmentLayout, stepCount: number): number {
  return stepRecordAt(layout, stepCount);
}

/** Where the record of the segment's step `index` begins. */
export function stepRecordAt({ parameterCount, stateLength, metricCount }: SegmentLayout, index: number): number {
  return parameterCount + stateLength + index * (losses + metricCount + 2 * digestFloats);
}

/** Writes the record of the segment's step `index` into its result. */
export function writeStepRecord(result: Float32Array, layout: SegmentLayout, index: number, record: StepRecord): void {
  const at = stepRecordAt(layout, index);
  result[at] = record.loss;
  result[at + 1] = record.lossWeight;
  result.set(record.metrics, at + losses);
  const digests = at + losses + layout.metricCount;
  writeDigest(result, digests, record.parametersSha256);
  writeDigest(result, digests + digestFloats, record.sumsSha256);
}

/** Reads the record of the segment's step `index`. */
export function readStepRecord(result: Float32Array, layout: SegmentLayout, index: number): StepRecord {
  const at = stepRecordAt(layout, index);
  const digests = at + losses + layout.metricCount;
  return {
    loss: result[at] ?? Number.NaN,
    lossWeight: result[at + 1] ?? Number.NaN,
    metrics: [...result.subarray(at + losses, digests)],
    parametersSha256: readDigest(result, digests),
    sumsSha256: readDigest(result, digests + digestFloats),
  };
}

function writeDigest(result: Float32Array, at: number, sha256: string | undefined): void {
  if (sha256 === undefined) return void result.fill(0, at, at + digestFloats);
  for (let index = 0; index < digestFloats; index++) {
    result[at + index] = Number.parseInt(sha256.slice(4 * index, 4 * index + 4), 16);
  }
}

/** Undefined for zeros, and for numbers that are no digest. */
function readDigest(result: Float32Array, at: number): string | undefined {
  if (isZero(result, at)) return undefined;
  const words = result.subarray(at, at + digestFloats);
  const isDigest = words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff);
  return isDigest ? Array.from(words, (word) => word.toString(16).padStart(4, '0')).join('') : undefined;
}

/** A loop of its own: it runs twice for every step of a study. */
function isZero(result: Float32Array, at: number): boolean {
  for (let index = at; index < at + digestFloats; index++) if (result[index] !== 0) return false;
  return true;
}
