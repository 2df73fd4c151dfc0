// The two ways of taking steps: one after the other, each as a reduction over all workers, or several by one worker as a segment. Both
// come to the same bits; which one is faster is measured.
//
// A reduction uses every worker and waits for the network twice at every step; a segment uses one thread and waits for nobody. A worker of
// one thread that is alone has nothing to gain from reductions. Otherwise both are tried whenever the company or the program has changed,
// and again now and then, because machines become slower and faster.

import type { JobRequest } from './events.js';
import { segmentPaceKey, type Job } from './job.js';
import type { SchedulingOptions } from './options.js';
import { medianOf } from './pace.js';
import { isAvailable, paceOf, type WorkerRecord, type Workers } from './workers.js';

/** Steps that are measured before a way is judged. */
const sampleCount = 3;
/** Times of steps that are kept. */
const sampleLimit = 15;
/** Part of its usual duration that a segment takes while it is only tried. */
const trialPart = 0.1;
/** The ways are measured for one part of the time, and so many parts go by the result. */
const restFactor = 30;
/** Steps of the first segment of a worker that is alone; of one that others wait for, or after one has failed, it is a single step. */
const firstStepCount = 8;
/** A segment is not even tried where one thread would need so many times as long for a step as all of them together do. */
const hopelessFactor = 4;
/** Nor where a step would take one thread so long that workers give up on it. */
const longestStepMilliseconds = 10_000;
/** After a segment has failed there is none for this time; then for twice as long, up to the limit. */
const [failureRestMilliseconds, failureRestLimitMilliseconds] = [60_000, 3_600_000];

/** Whether a worker may be given segments: it says so, and nobody has to compute again what it says. */
export const takesSegments = ({ hello, isVolunteer }: WorkerRecord): boolean =>
  hello.segments === true && hello.arithmetic === 'exact' && !isVolunteer;

/** The idle worker that would be done with a segment first. */
export function segmentWorker(workers: Iterable<WorkerRecord>, paceKey: string, now: number): WorkerRecord | undefined {
  const idle = [...workers].filter((worker) => isAvailable(worker, now) && takesSegments(worker) && worker.queue.length === 0);
  const time = (worker: WorkerRecord): number => paceOf(worker, paceKey).estimate?.median ?? 0;
  return idle.toSorted((a, b) => time(a) - time(b))[0];
}

/** Which way the next steps are taken. */
export class Ways {
  readonly #options: SchedulingOptions;
  /** Who is there, and for which program. */
  #company = '';
  /** Milliseconds of single steps. */
  #reductions: number[] = [];
  /** Milliseconds of a segment's steps. */
  #segments: number[] = [];
  #avoidedUntil = 0;
  /** When the measuring began. */
  #begunAt = 0;
  /** When both are measured anew; undefined while they are being measured. */
  #compareAt: number | undefined;
  /** Segments that failed in a row. */
  #failureCount = 0;
  #refusedUntil = -Infinity;

  constructor(options: SchedulingOptions) {
    this.#options = options;
  }

  /** Steps of the segment that a job is to be; undefined: it is to be a reduction. */
  stepCountOf(request: JobRequest, workers: Workers, now: number): number | undefined {
    const { segment, step } = request;
    if (segment === undefined || step < this.#avoidedUntil || now < this.#refusedUntil) return undefined;
    const paceKey = segmentPaceKey(request);
    const worker = segmentWorker(workers, paceKey, now);
    if (worker === undefined) return undefined;
    this.#meet(workers, { paceKey, now });
    const isAlone = workers.count === 1 && worker.hello.threadCount === 1;
    if (!isAlone && !this.#prefersSegments) return undefined;
    // While it is only tried, others wait for it.
    const isTrial = !isAlone && this.#segments.length < sampleCount;
    if (isTrial && this.#isHopeless(worker, request)) return undefined;
    return this.#stepCountFor(worker, request, isTrial);
  }

  /** Learns how long a job's steps took. */
  note({ request, stepCount }: Job, milliseconds: number): void {
    if (request.kind !== 'train') return;
    const samples = stepCount === undefined ? this.#reductions : this.#segments;
    samples.push(milliseconds / (stepCount ?? 1));
    if (stepCount !== undefined) this.#failureCount = 0;
    if (samples.length > sampleLimit) samples.shift();
  }

  /** Takes the steps before this one by reductions. */
  avoidUntil(step: number): void {
    this.#avoidedUntil = step;
  }

  /** A worker could not take a segment, whyever: for a while there is none. */
  noteFailure(now: number): void {
    const rest = Math.min(failureRestLimitMilliseconds, failureRestMilliseconds * 2 ** this.#failureCount);
    this.#failureCount += 1;
    this.#refusedUntil = now + rest;
  }

  /** Whether one thread of a worker can clearly not keep up with all threads, by what is known of its reductions. */
  #isHopeless(worker: WorkerRecord, { programSha256, microbatchCount }: JobRequest): boolean {
    const pace = paceOf(worker, programSha256).estimate?.median;
    if (pace === undefined) return false;
    const milliseconds = pace * microbatchCount * Math.min(worker.hello.threadCount, microbatchCount);
    return milliseconds > Math.min(longestStepMilliseconds, hopelessFactor * medianOf(this.#reductions));
  }

  /** What was measured in other company, or of the program of another stage, says nothing. */
  #meet({ connections }: Workers, { paceKey, now }: { readonly paceKey: string; readonly now: number }): void {
    const company = [paceKey, ...connections].join(' ');
    if (company === this.#company && (this.#compareAt ?? Infinity) > now) {
      if (this.#areMeasured) this.#compareAt ??= now + this.#restAfter(now - this.#begunAt);
      return;
    }
    this.#company = company;
    this.#reductions = [];
    this.#segments = [];
    this.#begunAt = now;
    this.#compareAt = undefined;
  }

  /** How long a result holds that took so long to measure: the slower way must not cost more than a few percent. */
  #restAfter(milliseconds: number): number {
    return Math.max(this.#options.compareAgainMilliseconds, restFactor * milliseconds);
  }

  get #areMeasured(): boolean {
    return Math.min(this.#reductions.length, this.#segments.length) >= sampleCount;
  }

  get #prefersSegments(): boolean {
    if (this.#reductions.length < sampleCount) return false;
    if (this.#segments.length < sampleCount) return true;
    return medianOf(this.#segments) < medianOf(this.#reductions);
  }

  #stepCountFor(worker: WorkerRecord, request: JobRequest, isTrial: boolean): number {
    const stepLimit = request.segment?.stepLimit ?? 1;
    const pace = paceOf(worker, segmentPaceKey(request)).estimate?.median;
    if (pace === undefined) return isTrial || this.#failureCount > 0 ? 1 : Math.min(stepLimit, firstStepCount);
    const milliseconds = (isTrial ? trialPart : 1) * this.#options.segmentMilliseconds;
    const usual = Math.max(1, Math.floor(milliseconds / (pace * request.microbatchCount)));
    // In equal parts of about the usual length: a short rest would cost as much time between two segments as a long one.
    return Math.ceil(stepLimit / Math.max(1, Math.round(stepLimit / usual)));
  }
}
