// What a coordinator tells the live page of the run's owner: a snapshot first, then what has changed, as JSON over one WebSocket.
//
// The page comes from the coordinator that it listens to, so nothing here is checked twice; but a page that stayed open while its
// coordinator was replaced by a newer one has to notice.

import type { LiveCurve } from './live-series.js';

/** Where the live page listens, beside the address of workers. */
export const livePath = '/live';

/** Changes with anything that an older page would misunderstand. */
export const liveVersion = 1;

/** How much is kept on both sides, and how much travels. */
export const liveLimits = {
  /** Buckets of the loss and of the learning rate. */
  steps: 1024,
  /** Buckets of the throughput. */
  seconds: 512,
  evaluations: 400,
  /** Steps whose λ are shown. */
  decays: 240,
  /** Intervals of [0, 1] that λ are counted in. */
  decayBins: 40,
  workers: 200,
  events: 50,
  /** Nodes of the tree that are shown; smaller ones are taken together. */
  treeNodes: 64,
  /** Bytes of the only message that a page sends. */
  greetingBytes: 2048,
} as const;

/** The only message of a page: the token that it was opened with. */
export interface LiveGreeting {
  readonly token: string | null;
}

/** What does not change while a coordinator serves a run. */
export interface LiveRun {
  readonly run: string;
  readonly name: string;
  readonly task: string;
  readonly model: string;
  readonly seed: number;
  readonly software: string;
  readonly stepCount: number;
  readonly microbatchSize: number;
  readonly microbatchCount: number;
  /** First steps of the stages of a curriculum; absent: there is none. */
  readonly stages?: readonly number[];
  /** Steps that were there when this coordinator began. */
  readonly firstStep: number;
  /** What a volunteer opens; null where nobody can any more. */
  readonly volunteers: LiveVolunteers | null;
}

/** The address for volunteers. */
export interface LiveVolunteers {
  readonly address: string;
  /** Whether it leads to this machine alone. */
  readonly isLocal: boolean;
}

/** Where the run stands. */
export interface LiveProgress {
  readonly step: number;
  readonly trainLoss: number | null;
  readonly learningRate: number | null;
  readonly sequencesPerSecond: number;
  readonly secondsLeft: number | null;
  /** Lately; null before the first step. */
  readonly stepMilliseconds: number | null;
  readonly parametersSha256: string;
  readonly outcome: 'completed' | 'diverged' | 'stopped' | null;
}

/** What a step costs the network, over the last seconds. */
export interface LiveTraffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentMessages: number;
  readonly receivedMessages: number;
}

/** An evaluation on the held-out sequences; every loss is half the mean squared error per output. */
export interface LiveEvaluation {
  readonly step: number;
  readonly sequences: number;
  readonly testLoss: number;
  readonly zero: number;
  /** Of theory. */
  readonly optimum: number | null;
  /** Measured: one optimal step of gradient descent on the same sequences. */
  readonly gradientDescent: number | null;
  readonly difference: number | null;
  readonly standardError: number | null;
}

/** How the recurrent decays λ are spread at a step: how many lie in each interval of [0, 1]. */
export interface LiveDecays {
  readonly step: number;
  readonly counts: readonly number[];
}

/** A worker, for people. */
export interface LiveWorker {
  /** The beginning of its random id. */
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly backend: string;
  readonly software: string;
  readonly threadCount: number;
  /** What its proof showed. */
  readonly proofClass: string;
  readonly state: 'active' | 'silent' | 'draining' | 'gone';
  readonly sequencesPerSecond: number | null;
  /** Tree nodes that went into finished jobs, and the microbatches below them. */
  readonly committedNodes: number;
  readonly microbatches: number;
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
  /** How long the lease at hand has been waited for; null without one. */
  readonly lagMilliseconds: number | null;
  /** Since its last message; null for one that has left. */
  readonly quietMilliseconds: number | null;
}

/** Workers that are connected or have contributed; of very many those with most contributions. */
export interface LiveWorkers {
  readonly connectedCount: number;
  readonly listed: readonly LiveWorker[];
  /** Workers that are left out of the list. */
  readonly unlistedCount: number;
}

/** A node of the reduction tree: `inner` and `summed` lie above others, `mixed` stands for several below it. */
export interface LiveTreeNode {
  readonly begin: number;
  readonly end: number;
  /** Of the root: 0. */
  readonly depth: number;
  readonly state: 'inner' | 'summed' | 'done' | 'leased' | 'backed' | 'expired' | 'disputed' | 'free' | 'mixed';
  /** Beginnings of the ids of the workers that computed it or are computing it. */
  readonly workers: readonly string[];
}

/** The reduction tree of a job at one moment. */
export interface LiveTree {
  readonly kind: 'train' | 'evaluate';
  readonly step: number;
  readonly microbatchCount: number;
  /** Whether the job is finished: then every node is done. */
  readonly isCommitted: boolean;
  readonly nodes: readonly LiveTreeNode[];
}

/** Something that happened, for people. */
export interface LiveEvent {
  /** Counts from 1. */
  readonly number: number;
  readonly time: string;
  readonly level: 'information' | 'warning';
  readonly text: string;
}

/** Everything that changes. A snapshot has all of it, an update what is new. */
export interface LiveChanges {
  readonly progress: LiveProgress;
  readonly loss: LiveCurve;
  readonly learningRate: LiveCurve;
  /** Over the seconds since this coordinator began. */
  readonly throughput: LiveCurve;
  readonly evaluations: readonly LiveEvaluation[];
  readonly decays: readonly LiveDecays[];
  readonly workers: LiveWorkers;
  /** Null before the first job. */
  readonly tree: LiveTree | null;
  /** Null before the first step. */
  readonly traffic: LiveTraffic | null;
  readonly events: readonly LiveEvent[];
}

/** The whole state. */
export interface LiveSnapshot extends LiveChanges {
  readonly type: 'snapshot';
  readonly version: typeof liveVersion;
  readonly run: LiveRun;
  /** When it was taken: ISO 8601. */
  readonly time: string;
}

/** What is new since the last message. One that has nothing new tells that the coordinator is there. */
export interface LiveUpdate extends Partial<LiveChanges> {
  readonly type: 'update';
}

/** Why the page is told nothing. */
export interface LiveRefusal {
  readonly type: 'refusal';
  readonly reason: 'token' | 'full';
}

/** Any message to the page. */
export type LiveMessage = LiveSnapshot | LiveUpdate | LiveRefusal;
