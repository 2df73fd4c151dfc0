// The state of a run as the live page has it: whole, or what is new since the last time. Looked at on a timer; of what happens
// between two steps only numbers are noted.

import type { RunConfig, TrainingPlan } from '../../learning/index.js';
import {
  liveLimits,
  liveVersion,
  printableText,
  type LiveEvent,
  type LiveProgress,
  type LiveRun,
  type LiveSnapshot,
  type LiveTraffic,
  type LiveTree,
  type LiveUpdate,
  type LiveVolunteers,
  type LiveWorkers,
} from '../../protocol/index.js';
import { committedTree, type CoordinatorCore, type RunRecord, type Training, type TreeSnapshot } from '../index.js';
import { LiveHistory } from './live-history.js';
import { liveWorkers, shortId } from './live-workers.js';
import type { RunEvent } from './status-page.js';
import type { Traffic, TrafficCounts } from './traffic.js';

/** What the state of a run is read from. */
export interface LiveSources {
  readonly run: string;
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  readonly software: string;
  readonly core: Pick<CoordinatorCore, 'snapshot' | 'statistics' | 'tree'>;
  readonly training: Pick<Training, 'progress' | 'parameters'>;
  readonly traffic: Traffic;
  readonly volunteers: () => LiveVolunteers;
  /** Sequences per second, lately. */
  readonly recentRate: () => number;
  /** Steady milliseconds. */
  readonly now: () => number;
}

/** A moment of the counts that traffic is told from. */
interface TrafficMark extends TrafficCounts {
  readonly step: number;
}

const slowTickCount = 5;
const trafficMarkCount = 10;
/** Where steps are so long, the tree is looked at more often: what happens in it can be followed. */
const followedStepMilliseconds = 1000;
const followedTickCount = 2;
/** Of a network with more neurons λ are sampled less often. */
const decaysAtOnce = 2000;

/** A run, as it is told to those who watch. */
export class LiveState {
  readonly history: LiveHistory;
  readonly #sources: LiveSources;
  readonly #startedAt: number;
  #events: readonly LiveEvent[] = [];
  #trafficMarks: readonly TrafficMark[] = [];
  #traffic: LiveTraffic | null = null;
  #tickCount = 0;
  /** Up to where everything has been told. */
  #told = { step: -1, second: -1, evaluation: -1, decays: -1, event: 0, progress: '' };

  constructor(sources: LiveSources) {
    this.#sources = sources;
    this.#startedAt = sources.now();
    this.history = new LiveHistory(sources.plan);
  }

  /** Takes what a record has for the curves. */
  noteRecord(record: RunRecord): void {
    this.history.note(record);
  }

  /** Notes something that happened. */
  noteEvent({ time, level, text }: RunEvent): void {
    const number = (this.#events.at(-1)?.number ?? 0) + 1;
    this.#events = [...this.#events.slice(1 - liveLimits.events), { number, time, level, text: printableText(text) }];
  }

  /** Looks at the run: to be called ten times a second, `everything` at the end. Gives what is new; undefined where nothing is. */
  tick(everything = false): LiveUpdate | undefined {
    this.#tickCount += 1;
    const progress = this.#progress();
    const seconds = (this.#sources.now() - this.#startedAt) / 1000;
    if (progress.outcome === null) this.history.sampleThroughput(seconds, progress.step, progress.stepMilliseconds);
    const isSlowTick = everything || this.#tickCount % slowTickCount === 0;
    if (isSlowTick) this.#measureTraffic(progress.step);
    if (isSlowTick) this.#sampleDecays(progress.step, everything);
    const isFollowed = (progress.stepMilliseconds ?? Infinity) >= followedStepMilliseconds;
    const isTreeTick = isSlowTick || (isFollowed && this.#tickCount % followedTickCount === 0);
    const changes = {
      ...this.#newCurves(progress, Math.floor(seconds)),
      ...this.#newEvents(),
      ...this.#newProgress(progress),
      ...(isSlowTick ? { workers: this.#workers(), traffic: this.#traffic } : {}),
      ...(isTreeTick ? { tree: this.#tree() } : {}),
    };
    return Object.keys(changes).length === 0 ? undefined : { type: 'update', ...changes };
  }

  /** Everything. `time` is told to people. */
  snapshot(time: string): LiveSnapshot {
    const { loss, learningRate, throughput, evaluations, decays } = this.history;
    return {
      ...{ type: 'snapshot', version: liveVersion, run: this.#run(), time, progress: this.#progress() },
      ...{ loss: loss.all, learningRate: learningRate.all, throughput: throughput.all },
      ...{ evaluations: evaluations.all, decays: decays.all, workers: this.#workers(), tree: this.#tree() },
      ...{ traffic: this.#traffic, events: this.#events },
    };
  }

  #sampleDecays(step: number, isLast: boolean): void {
    const isTime = (this.#tickCount / slowTickCount) % Math.ceil(this.history.decayCount / decaysAtOnce) === 0;
    if (step > this.#told.decays && (isTime || isLast)) this.history.sampleDecays(step, this.#sources.training.parameters);
  }

  #run(): LiveRun {
    const { run, config, plan, software, volunteers, training } = this.#sources;
    const { stepCount, microbatchSize, microbatchCount, seed } = plan;
    const names = { task: printableText(config.task.name), model: printableText(config.model.name) };
    const { firstStep } = training.progress;
    const sizes = { stepCount, microbatchSize, microbatchCount, firstStep };
    const stages = plan.stages.length === 1 ? {} : { stages: plan.stages.map(({ fromStep }) => fromStep) };
    return { run, name: printableText(config.name), ...names, seed, software, ...sizes, ...stages, volunteers: volunteers() };
  }

  #progress(): LiveProgress {
    const { training, plan, recentRate } = this.#sources;
    const { step, trainLoss, parametersSha256, outcome = null } = training.progress;
    const rate = recentRate();
    const sequences = plan.microbatchCount * plan.microbatchSize;
    return {
      ...{ step, trainLoss, learningRate: this.history.lastLearningRate, sequencesPerSecond: rate },
      secondsLeft: rate === 0 || outcome !== null ? null : ((plan.stepCount - step) * sequences) / rate,
      stepMilliseconds: rate === 0 ? null : (1000 * sequences) / rate,
      ...{ parametersSha256, outcome },
    };
  }

  #newCurves({ step }: LiveProgress, second: number): Partial<LiveUpdate> {
    const { loss, learningRate, throughput, evaluations, decays } = this.history;
    const told = this.#told;
    const [newRates, newEvaluations, newDecays] = [
      throughput.since(told.second),
      evaluations.since(told.evaluation),
      decays.since(told.decays),
    ];
    const changes = {
      ...(step > told.step ? { loss: loss.since(told.step), learningRate: learningRate.since(told.step) } : {}),
      ...(second > told.second && newRates.buckets.length > 0 ? { throughput: newRates } : {}),
      ...(newEvaluations.length > 0 ? { evaluations: newEvaluations } : {}),
      ...(newDecays.length > 0 ? { decays: newDecays } : {}),
    };
    const evaluation = newEvaluations.at(-1)?.step ?? told.evaluation;
    this.#told = { ...told, step, second, evaluation, decays: newDecays.at(-1)?.step ?? told.decays };
    return changes;
  }

  #newEvents(): Partial<LiveUpdate> {
    const events = this.#events.filter(({ number }) => number > this.#told.event);
    this.#told = { ...this.#told, event: events.at(-1)?.number ?? this.#told.event };
    return events.length > 0 ? { events } : {};
  }

  #newProgress(progress: LiveProgress): Partial<LiveUpdate> {
    const { step, outcome } = progress;
    const key = `${step} ${String(outcome)}`;
    if (key === this.#told.progress) return {};
    this.#told = { ...this.#told, progress: key };
    return { progress };
  }

  #workers(): LiveWorkers {
    const { core, now, plan } = this.#sources;
    return liveWorkers(core.snapshot(now()).workers, core.statistics, plan.microbatchSize);
  }

  /** The job at work, or where there is none the last step that was done. */
  #tree(): LiveTree | null {
    const { committed } = this.history;
    const working = this.#sources.core.tree(liveLimits.treeNodes);
    if (working !== undefined) return liveTree(working);
    return committed === undefined ? null : liveTree(committedTree(committed, liveLimits.treeNodes));
  }

  #measureTraffic(step: number): void {
    const now: TrafficMark = { ...this.#sources.traffic.counts, step };
    const oldest = this.#trafficMarks[0] ?? { ...now, step };
    this.#trafficMarks = [...this.#trafficMarks.slice(1 - trafficMarkCount), now];
    const steps = step - oldest.step;
    if (steps === 0) return;
    const perStep = (name: keyof TrafficCounts): number => Number(((now[name] - oldest[name]) / steps).toPrecision(4));
    const sent = { sentBytes: perStep('sentBytes'), sentMessages: perStep('sentMessages') };
    this.#traffic = { ...sent, receivedBytes: perStep('receivedBytes'), receivedMessages: perStep('receivedMessages') };
  }
}

function liveTree({ nodes, ...tree }: TreeSnapshot): LiveTree {
  return {
    ...tree,
    nodes: nodes.map(({ workerIds, ...node }) => ({ ...node, workers: workerIds.map(shortId) })),
  };
}
