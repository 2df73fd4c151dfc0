// What the page and its dedicated worker say to each other.

import type { RunSummary } from '../protocol/index.js';

/** What the tab is doing for the run. */
export type Activity =
  /** Nobody has asked for anything yet. */
  | { readonly type: 'idle' }
  /** Compute workers start and prove that they compute exactly. */
  | { readonly type: 'preparing' }
  | { readonly type: 'connecting' }
  /** The coordinator is gone; the time of the next attempt is in milliseconds since 1970. */
  | { readonly type: 'waiting'; readonly retryAt: number }
  | { readonly type: 'working' }
  /** The lease at hand is being finished; everything else has been given back. */
  | { readonly type: 'pausing' }
  | { readonly type: 'paused' }
  | { readonly type: 'over'; readonly reason: 'completed' | 'diverged' | 'stopped' }
  | { readonly type: 'refused'; readonly code: string; readonly message: string };

/** Whether this device computes the bits that every other does. */
export type ProofClass = 'unknown' | 'exact' | 'different';

/** What the volunteer wants the tab to compute on. */
export type DeviceChoice = 'automatic' | 'gpu' | 'processor';

/** Why a tab computes on the processor. */
export type ProcessorReason =
  | 'chosen'
  | 'no-webgpu'
  | 'insecure-origin'
  | 'no-adapter'
  /** There is a GPU, but in software: the processor is faster without it. */
  | 'software-gpu'
  /** The GPU has been tried, and this came of it. */
  | GpuFailure;

/** What can keep a GPU from being used. */
export type GpuFailure = 'gpu-differs' | 'gpu-too-small' | 'gpu-failed';

/** What the tab computes on, or would. */
export type DeviceNews =
  /** Nobody has looked yet. */
  | { readonly type: 'unknown' }
  /** `lossCount`: how often the device was lost and opened again. */
  | { readonly type: 'gpu'; readonly name: string; readonly isSoftware: boolean; readonly lossCount: number }
  | { readonly type: 'processor'; readonly reason: ProcessorReason; readonly gpuName?: string };

/** How much of the device is lent. */
export interface Terms {
  readonly device: DeviceChoice;
  /** Compute workers: so many processors at most are kept busy. */
  readonly threadCount: number;
  /** Of a GPU's time. */
  readonly dutyPercent: number;
}

/** Who the tab is for the coordinator. */
export interface TabIdentity {
  readonly workerId: string;
  /** For people: shown by the coordinator. */
  readonly name: string;
}

/** What the page shows. */
export interface TabNews {
  readonly activity: Activity;
  readonly device: DeviceNews;
  readonly proofClass: ProofClass;
  /** Over the last seconds. */
  readonly sequencesPerSecond: number;
  /** Since the page was opened, sent to the coordinator. */
  readonly sequenceCount: number;
  /** Tree nodes of this tab that went into the run. */
  readonly acceptedCount: number;
  /** Where the run stood when the coordinator was last asked; undefined where it has never answered. */
  readonly run: RunSummary | undefined;
  /** Whether the coordinator answers. */
  readonly isCoordinatorHere: boolean;
  /** Whether the coordinator answers this tab only that it has no invitation, or a wrong one. */
  readonly isUninvited: boolean;
}

/** How the dedicated worker is started. */
export interface TabWorkerOptions {
  /** ws: or wss: address of the coordinator. */
  readonly socketAddress: string;
  /** Where the coordinator tells how the run stands. */
  readonly summaryAddress: string;
  /** Browser and version of this software, for people. */
  readonly software: string;
  /** The invitation of a run that wants one. */
  readonly token: string | undefined;
  readonly identity: TabIdentity;
  readonly terms: Terms;
}
