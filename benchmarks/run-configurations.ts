// The runs that are started as a whole.

import { parseRunConfig, type RunConfig } from '../learning/index.js';

/** The gated RNN of W1 with a loss at every token: a step is 8 microbatches of 64. */
export function wholeStepConfiguration(stepCount: number): RunConfig {
  return parseRunConfig({
    name: 'whole-step',
    task: { name: 'attention-teacher', dimension: 6, tokenCount: 13 },
    model: { name: 'gated-rnn', hidden: 80 },
    optimizer: { name: 'adam' },
    training: { steps: stepCount, microbatches: 8, microbatchSize: 64 },
    evaluation: { sequences: 64 },
  });
}

/** A run whose contributions have 57 KB; leases of a millisecond make a step of many of them. */
export function manyContributionsConfiguration(): RunConfig {
  return parseRunConfig({
    name: 'many-contributions',
    task: { name: 'in-context-regression' },
    model: { name: 'gated-rnn', hidden: 80 },
    // Nothing is learned from made-up gradients, and nothing may diverge.
    optimizer: { name: 'adam', learningRate: 1e-6 },
    training: { steps: 1_000_000_000, microbatches: 512, microbatchSize: 8 },
    evaluation: { sequences: 8 },
    coordination: { leaseMilliseconds: 1 },
  });
}
