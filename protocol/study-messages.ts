// What the coordinator of a study tells its live page, over the feed that a run has too: a snapshot first, then what has changed.

import type { LiveVolunteers, liveVersion } from './live-messages.js';
import type { LiveCurve } from './live-series.js';

/** How much is kept on both sides, and how much travels. */
export const studyLimits = {
  /** Buckets of all curves together: of many runs each curve has fewer. */
  buckets: 32_768,
  mostBucketsOfRun: 128,
  fewestBucketsOfRun: 16,
  /** Held-out losses of a run. */
  tests: 32,
  workers: 200,
} as const;

/** Buckets of each curve in a study of so many runs. */
export function studyCurveLimit(runCount: number): number {
  const { buckets, mostBucketsOfRun, fewestBucketsOfRun } = studyLimits;
  return Math.max(fewestBucketsOfRun, Math.min(mostBucketsOfRun, Math.floor(buckets / Math.max(1, runCount))));
}

/** What differs between the runs of a study: a list of its grid. */
export interface StudyAxis {
  /** The field's path, and the last word of it where that is enough. */
  readonly path: string;
  readonly label: string;
  /** Its values as they are called. */
  readonly values: readonly string[];
}

/** What does not change of a run. */
export interface StudyRunHead {
  readonly name: string;
  /** Which value it has of each axis. */
  readonly at: readonly number[];
  readonly stepCount: number;
}

/** What does not change while a study goes on. */
export interface StudyHead {
  readonly name: string;
  readonly software: string;
  readonly axes: readonly StudyAxis[];
  /** In the order of the grid: the last axis is the fastest. */
  readonly runs: readonly StudyRunHead[];
}

/** Where a run of a study stands; `failed`: it could not go on, because of a full disk for instance. */
export type StudyRunStateName = 'waiting' | 'running' | 'completed' | 'diverged' | 'stopped' | 'failed';

/** A held-out loss. */
export interface StudyTest {
  readonly step: number;
  readonly loss: number;
}

/** Where a run stands, and what is new of its curves. */
export interface StudyRunChange {
  /** Which run of the head. */
  readonly index: number;
  readonly state: StudyRunStateName;
  readonly step: number;
  readonly trainLoss: number | null;
  /** Of theory; null where there is none, and before the first evaluation. */
  readonly optimum: number | null;
  readonly workerCount: number;
  /** In a snapshot all of it. */
  readonly curve?: LiveCurve;
  readonly tests?: readonly StudyTest[];
}

/** A worker, for people. */
export interface StudyWorker {
  /** The beginning of its random id. */
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly backend: string;
  readonly threadCount: number;
  /** Which run it works on. */
  readonly run: number;
  readonly sequencesPerSecond: number | null;
}

/** Those who compute. */
export interface StudyWorkers {
  readonly connectedCount: number;
  /** Those that have a run; of very many the first ones. */
  readonly listed: readonly StudyWorker[];
}

/** How far the whole study is. */
export interface StudyProgress {
  readonly secondsLeft: number | null;
  /** Whether nothing will happen any more. */
  readonly isOver: boolean;
}

/** The whole state. */
export interface StudySnapshot {
  readonly type: 'snapshot';
  readonly version: typeof liveVersion;
  readonly study: StudyHead;
  /** When it was taken: ISO 8601. */
  readonly time: string;
  readonly progress: StudyProgress;
  readonly runs: readonly StudyRunChange[];
  readonly workers: StudyWorkers;
  /** Null where nobody can join any more. */
  readonly volunteers: LiveVolunteers | null;
}

/** What is new since the last message. */
export interface StudyUpdate {
  readonly type: 'update';
  readonly progress?: StudyProgress;
  /** Those of which something is new. */
  readonly runs?: readonly StudyRunChange[];
  readonly workers?: StudyWorkers;
}
