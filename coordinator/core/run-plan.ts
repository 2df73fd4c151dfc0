// A run as the coordinator sees it: three programs, where to begin, and how far to go. What is learned stays with learning/.

import type { Floats, Key, Program } from '../../tensor/index.js';

/** Which stream of sequences a job draws from. */
export type Stream = 'train' | 'test';

/** Everything that decides the bits of a run. */
export interface RunPlan {
  readonly name: string;
  readonly seed: number;
  /** Inputs: the parameters. Outputs: `gradient/<parameter>` …, `loss`, `lossWeight`, `metric/<name>` …, all sums. */
  readonly trainProgram: Program;
  /** Inputs: the parameters. Outputs: `loss`, `lossWeight`, `metric/<name>` …, all sums. */
  readonly evaluationProgram: Program;
  /**
   * Inputs by name: the parameters, outputs of the train program, `state/<name>` …, and scalars.
   * Outputs by name: `parameter/<parameter>` …, `state/<name>` …, `metric/<name>` ….
   */
  readonly updateProgram: Program;
  /** The parameters at step 0, in the order of the train program's inputs. */
  readonly parameters: { readonly initial: Floats };
  readonly stepCount: number;
  readonly microbatchSize: number;
  /** Microbatches of a training step. */
  readonly microbatchCount: number;
  readonly evaluation: {
    /** Steps between evaluations; null: at the beginning and at the end only. */
    readonly every: number | null;
    readonly microbatchCount: number;
  };
  /** The scalars of the update of a step, in the order of the update program's inputs. */
  updateScalars(step: number): Float32Array;
  keyFor(stream: Stream, step: number): Key;
}
