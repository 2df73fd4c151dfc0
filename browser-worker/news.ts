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

/** What the page shows. */
export interface TabNews {
  readonly activity: Activity;
  readonly proofClass: ProofClass;
  /** Compute workers in use, or that would be. */
  readonly threadCount: number;
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
}

/** How the dedicated worker is started. */
export interface TabWorkerOptions {
  /** ws: or wss: address of the coordinator. */
  readonly socketAddress: string;
  /** Where the coordinator tells how the run stands. */
  readonly summaryAddress: string;
  /** For people: shown by the coordinator. */
  readonly name: string;
  /** Browser and version of this software, for people. */
  readonly software: string;
  readonly threadCount: number;
}
