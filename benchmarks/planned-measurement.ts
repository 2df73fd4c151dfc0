// A measurement that is still to be made: what to start, and what its answer means.

import type { Candidate } from './child-process.js';
import type { PeerAnswer } from './peers/peer.js';
import type { Measurement } from './report.js';

/** One candidate to start, and what its answer means. */
export interface PlannedMeasurement {
  /** What `--only` is compared with. */
  readonly name: string;
  readonly candidate: Candidate;
  /** Turns what the candidate answered into results; throws where it measured nothing. */
  readonly read: (answer: unknown) => readonly Measurement[];
  /** The library whose version the answer tells. */
  readonly library?: string;
}

/** A peer in a process of its own, which measures several forms of a workload or says why it cannot. */
export interface PlannedPeer {
  readonly name: string;
  readonly library: string;
  readonly candidate: Candidate;
  readonly rateOf: (timed: PeerAnswer['forms'][number]) => Measurement;
}

/** The measurement of a peer. */
export function peerMeasurement({ name, library, candidate, rateOf }: PlannedPeer): PlannedMeasurement {
  return {
    ...{ name, candidate, library },
    read: (answer) => {
      const { forms, failures } = answer as PeerAnswer;
      return [...forms.map(rateOf), ...failures.map((reason): Measurement => ({ type: 'unavailable', name, reason }))];
    },
  };
}
