// The run as a sequence of jobs: evaluate, then step after step, with evaluations between and at the end.
//
//   θ_0 → evaluation → step 0 → θ_1 → … → θ_N → evaluation
//
// Pure like the core: a job's result comes in, records and the next job go out. A step is committed in `#commit` or it
// never happened.

import { bytesOfFloats } from '../../protocol/index.js';
import { compileUpdate, initialState, type TrainingPlan, type TrainingState, type TrainingUpdate } from '../../learning/index.js';
import { outputLayout, type Backend, type TensorPlace } from '../../tensor/index.js';
import { isFinite } from './contribution-check.js';
import type { JobRequest, JobResult } from './events.js';
import { chainStart, linkTrajectory, type Evaluation, type RunRecord } from './records.js';

/** How a run ended. */
export type Outcome = 'completed' | 'diverged' | 'stopped';

/** What training is told once. */
export interface TrainingOptions {
  readonly plan: TrainingPlan;
  readonly programSha256: { readonly train: string; readonly evaluate: string };
  /** What the update program runs on. */
  readonly backend: Backend;
  readonly digest: (data: Uint8Array | string) => string;
  /** Steps between links of the trajectory, and between checkpoints. */
  readonly digestEvery: number;
  readonly checkpointEvery: number;
}

/** What can happen to training. */
export type TrainingEvent =
  | { readonly type: 'start' }
  | { readonly type: 'jobFinished'; readonly result: JobResult }
  | { readonly type: 'jobDiverged' }
  | { readonly type: 'stopRequested' };

/** What training wants done, in this order. */
export type TrainingEffect =
  | { readonly type: 'record'; readonly record: RunRecord }
  | { readonly type: 'requestJob'; readonly job: JobRequest }
  | { readonly type: 'end'; readonly outcome: Outcome };

/** Where a run stands. */
export interface TrainingProgress {
  /** Steps committed. */
  readonly step: number;
  readonly parametersSha256: string;
  readonly trainLoss: number | null;
  readonly evaluations: readonly Evaluation[];
  readonly outcome: Outcome | undefined;
}

/** Training, from the initial parameters to the run's end. */
export class Training {
  readonly #options: TrainingOptions;
  readonly #update: (state: TrainingState, sums: Float32Array) => TrainingUpdate;
  readonly #evaluationOutputs: readonly TensorPlace[];
  readonly #evaluations: Evaluation[] = [];
  #state: TrainingState;
  #parametersSha256: string;
  #trainLoss: number | null = null;
  #chain = chainStart;
  #outcome: Outcome | undefined;
  #effects: TrainingEffect[] = [];

  constructor(options: TrainingOptions) {
    const { plan, backend, digest } = options;
    this.#options = options;
    this.#update = compileUpdate(plan, backend);
    this.#evaluationOutputs = outputLayout(plan.evaluationProgram);
    this.#state = initialState(plan);
    this.#parametersSha256 = digest(bytesOfFloats(this.#state.parameters));
  }

  /** Where the run stands. */
  get progress(): TrainingProgress {
    return {
      step: this.#state.step,
      parametersSha256: this.#parametersSha256,
      trainLoss: this.#trainLoss,
      evaluations: this.#evaluations,
      outcome: this.#outcome,
    };
  }

  /** What follows from an event; nothing after the end. */
  handle(event: TrainingEvent): readonly TrainingEffect[] {
    this.#effects = [];
    if (this.#outcome !== undefined) return this.#effects;
    switch (event.type) {
      case 'start':
        this.#record({ type: 'trajectory', entry: this.#link() });
        this.#requestEvaluation();
        break;
      case 'jobFinished':
        this.#finishJob(event.result);
        break;
      case 'jobDiverged':
        this.#end('diverged');
        break;
      case 'stopRequested':
        this.#end('stopped');
        break;
    }
    return this.#effects;
  }

  #finishJob(result: JobResult): void {
    const { kind, step, contributions } = result;
    this.#record({ type: 'contributions', kind, step, contributions });
    if (kind === 'evaluate') return this.#finishEvaluation(result);
    const updated = this.#update(this.#state, result.outputs);
    const { parameters, optimizerState } = updated.state;
    // The last good state stays what it was: an update that overflows is a divergence of this step.
    if (!isFinite(parameters) || !isFinite(optimizerState)) return this.#end('diverged');
    this.#commit(updated);
    const { stepCount, evaluation } = this.#options.plan;
    const isEvaluated = evaluation.every !== null && this.#state.step % evaluation.every === 0;
    if (isEvaluated || this.#state.step === stepCount) this.#requestEvaluation();
    else this.#requestStep();
  }

  #commit({ state, loss, learningRate, metrics }: TrainingUpdate): void {
    const { digest, digestEvery, checkpointEvery, plan } = this.#options;
    this.#state = state;
    this.#trainLoss = loss;
    this.#parametersSha256 = digest(bytesOfFloats(state.parameters));
    this.#record({ type: 'metrics', metrics: { step: state.step, loss, learningRate, values: Object.fromEntries(metrics) } });
    const isLast = this.#state.step === plan.stepCount;
    if (isLast || this.#state.step % digestEvery === 0) this.#record({ type: 'trajectory', entry: this.#link() });
    if (!isLast && this.#state.step % checkpointEvery === 0) this.#recordCheckpoint();
  }

  #finishEvaluation(result: JobResult): void {
    const { plan } = this.#options;
    const sums = this.#evaluationOutputs.map(({ name, offset }) => [name, result.outputs[offset] ?? NaN] as const);
    const summary = plan.summarize(result.outputs);
    const evaluation = { step: result.step, sums: Object.fromEntries(sums), summary };
    this.#evaluations.push(evaluation);
    this.#record({ type: 'evaluation', evaluation });
    if (this.#state.step === plan.stepCount) this.#end('completed');
    else this.#requestStep();
  }

  /** Stops here; the state of the last committed step is kept. */
  #end(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#recordCheckpoint();
    this.#effects.push({ type: 'end', outcome });
  }

  #requestStep(): void {
    const { plan, programSha256 } = this.#options;
    this.#requestJob({
      ...{ kind: 'train', programSha256: programSha256.train },
      ...{ key: plan.keyFor('train', this.#state.step), microbatchCount: plan.microbatchCount },
    });
  }

  /** Every evaluation draws the same sequences. */
  #requestEvaluation(): void {
    const { plan, programSha256 } = this.#options;
    this.#requestJob({
      ...{ kind: 'evaluate', programSha256: programSha256.evaluate },
      ...{ key: plan.keyFor('test', 0), microbatchCount: plan.evaluation.microbatchCount },
    });
  }

  #requestJob(what: Pick<JobRequest, 'kind' | 'programSha256' | 'key' | 'microbatchCount'>): void {
    const { parameters } = this.#state;
    const job = { ...what, step: this.#state.step, parametersSha256: this.#parametersSha256, parameters };
    this.#effects.push({ type: 'requestJob', job });
  }

  #record(record: RunRecord): void {
    this.#effects.push({ type: 'record', record });
  }

  #recordCheckpoint(): void {
    const checkpoint = { ...this.#state, parametersSha256: this.#parametersSha256, chain: this.#chain };
    this.#record({ type: 'checkpoint', checkpoint });
  }

  #link() {
    const entry = { step: this.#state.step, loss: this.#trainLoss, parametersSha256: this.#parametersSha256 };
    const link = linkTrajectory(this.#chain, entry, this.#options.digest);
    this.#chain = link.chain;
    return link;
  }
}
