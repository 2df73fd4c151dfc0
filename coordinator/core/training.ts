// The run as a sequence of jobs: evaluate, then step after step, with evaluations between and at the end.
//
//   θ_0 → evaluation → step 0 → θ_1 → … → θ_N → evaluation
//
// Pure like the core: a job's result comes in, records and the next job go out. A step is committed in `#commit` or it
// never happened.

import { bytesOfFloats } from '../../protocol/index.js';
import { inputLayout, outputLayout, type Executable, type TensorPlace } from '../../tensor/index.js';
import { isFinite } from './contribution-check.js';
import type { JobRequest, JobResult } from './events.js';
import { chainStart, linkTrajectory, type Evaluation, type RunRecord } from './records.js';
import type { RunPlan } from './run-plan.js';
import { stateLayout, UpdateStep, type TrainingState, type UpdateResult } from './update-step.js';

/** How a run ended. */
export type Outcome = 'completed' | 'diverged' | 'stopped';

/** What training is told once. */
export interface TrainingOptions {
  readonly plan: RunPlan;
  readonly programSha256: { readonly train: string; readonly evaluate: string };
  /** The compiled update program. */
  readonly update: Executable;
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
  readonly #update: UpdateStep;
  readonly #scalarNames: readonly string[];
  readonly #trainOutputs: ReadonlyMap<string, TensorPlace>;
  readonly #evaluationOutputs: readonly TensorPlace[];
  readonly #evaluations: Evaluation[] = [];
  #step = 0;
  #state: TrainingState;
  #parametersSha256: string;
  #trainLoss: number | null = null;
  #chain = chainStart;
  #outcome: Outcome | undefined;
  #effects: TrainingEffect[] = [];

  constructor(options: TrainingOptions) {
    const { plan, update, digest } = options;
    this.#options = options;
    this.#update = new UpdateStep(plan, update);
    this.#trainOutputs = new Map(outputLayout(plan.trainProgram).map((tensor) => [tensor.name, tensor]));
    this.#evaluationOutputs = outputLayout(plan.evaluationProgram);
    const known = new Set([...inputLayout(plan.trainProgram).map(({ name }) => name), ...this.#trainOutputs.keys()]);
    this.#scalarNames = inputLayout(plan.updateProgram)
      .map(({ name }) => name)
      .filter((name) => !known.has(name) && !name.startsWith('state/'));
    const stateLength = stateLayout(plan).reduce((sum, { length }) => sum + length, 0);
    this.#state = { parameters: plan.parameters.initial, optimizerState: new Float32Array(stateLength) };
    this.#parametersSha256 = digest(bytesOfFloats(plan.parameters.initial));
  }

  /** Where the run stands. */
  get progress(): TrainingProgress {
    return {
      step: this.#step,
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
    const { parameters, optimizerState } = this.#state;
    const scalars = this.#options.plan.updateScalars(step);
    const updated = this.#update.apply({ parameters, optimizerState, sums: result.outputs, scalars });
    // The last good state stays what it was: an update that overflows is a divergence of this step.
    if (!isFinite(updated.parameters) || !isFinite(updated.optimizerState)) return this.#end('diverged');
    this.#commit(result.outputs, scalars, updated);
    const { stepCount, evaluation } = this.#options.plan;
    const isEvaluated = evaluation.every !== null && this.#step % evaluation.every === 0;
    if (isEvaluated || this.#step === stepCount) this.#requestEvaluation();
    else this.#requestStep();
  }

  #commit(sums: Float32Array, scalars: Float32Array, updated: UpdateResult): void {
    const { digest, digestEvery, checkpointEvery, plan } = this.#options;
    const loss = Math.fround(this.#sum(sums, 'loss') / this.#sum(sums, 'lossWeight'));
    this.#step += 1;
    this.#state = updated;
    this.#trainLoss = loss;
    this.#parametersSha256 = digest(bytesOfFloats(updated.parameters));
    const named = this.#scalarNames.map((name, index) => [name, scalars[index] ?? NaN] as const);
    const values = { ...Object.fromEntries(named), ...updated.metrics };
    this.#record({ type: 'metrics', metrics: { step: this.#step, loss, values } });
    const isLast = this.#step === plan.stepCount;
    if (isLast || this.#step % digestEvery === 0) this.#record({ type: 'trajectory', entry: this.#link() });
    if (!isLast && this.#step % checkpointEvery === 0) this.#recordCheckpoint();
  }

  #finishEvaluation(result: JobResult): void {
    const { plan } = this.#options;
    const sums = this.#evaluationOutputs.map(({ name, offset }) => [name, result.outputs[offset] ?? NaN] as const);
    const sequences = plan.evaluation.microbatchCount * plan.microbatchSize;
    const evaluation = { step: result.step, sequences, sums: Object.fromEntries(sums) };
    this.#evaluations.push(evaluation);
    this.#record({ type: 'evaluation', evaluation });
    if (this.#step === plan.stepCount) this.#end('completed');
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
      ...{ key: plan.keyFor('train', this.#step), microbatchCount: plan.microbatchCount },
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
    const job = { ...what, step: this.#step, parametersSha256: this.#parametersSha256, parameters };
    this.#effects.push({ type: 'requestJob', job });
  }

  #record(record: RunRecord): void {
    this.#effects.push({ type: 'record', record });
  }

  #recordCheckpoint(): void {
    const { parameters, optimizerState } = this.#state;
    const checkpoint = {
      step: this.#step,
      parametersSha256: this.#parametersSha256,
      chain: this.#chain,
      parameters,
      optimizerState,
    };
    this.#record({ type: 'checkpoint', checkpoint });
  }

  #link() {
    const entry = { step: this.#step, loss: this.#trainLoss, parametersSha256: this.#parametersSha256 };
    const link = linkTrajectory(this.#chain, entry, this.#options.digest);
    this.#chain = link.chain;
    return link;
  }

  #sum(sums: Float32Array, name: string): number {
    return sums[this.#trainOutputs.get(name)?.offset ?? -1] ?? NaN;
  }
}
