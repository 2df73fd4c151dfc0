// The run as a sequence of jobs: evaluate, then step after step, with evaluations between and at the end.
//
//   θ_0 → evaluation → step 0 → θ_1 → … → θ_N → evaluation
//
// Pure like the core: a job's result comes in, records and the next job go out. A step is committed in `#commit` or it
// never happened.

import {
  bytesOfFloats,
  fieldLimits,
  readStepRecord,
  segmentLayout,
  type SegmentLayout,
  type StepRecord,
} from '../../protocol/index.js';
import {
  compileUpdate,
  initialState,
  stageAt,
  type TrainingPlan,
  type TrainingState,
  type TrainingUpdate,
} from '../../learning/index.js';
import { inputLength, outputLayout, outputLength, type Backend, type Floats, type TensorPlace } from '../../tensor/index.js';
import { isFinite } from './contribution-check.js';
import type { JobRequest, JobResult, SegmentRequest } from './events.js';
import {
  chainStart,
  isEvaluationDue,
  linkTrajectory,
  type Evaluation,
  type ResumePoint,
  type RunRecord,
  type TrajectoryEntry,
} from './records.js';
import { RunError } from './run-error.js';

/** How a run ended. */
export type Outcome = 'completed' | 'diverged' | 'stopped';

/** What training is told once. */
export interface TrainingOptions {
  readonly plan: TrainingPlan;
  /** Of training by step: it changes where a stage of a curriculum ends. */
  readonly programSha256: { readonly train: (step: number) => string; readonly evaluate: string };
  /** What the update program runs on. */
  readonly backend: Backend;
  readonly digest: (data: Uint8Array | string) => string;
  /** Steps between links of the trajectory, and between checkpoints. */
  readonly digestEvery: number;
  readonly checkpointEvery: number;
  /** How steps may be given to a worker together; nothing: they are taken one by one. */
  readonly segments?: SegmentOptions;
  /** Where an interrupted run goes on; nothing: a new run. */
  readonly resume?: ResumePoint;
}

/** What segments need beside the plan. */
export interface SegmentOptions {
  readonly updateSha256: string;
  /** Whether the digests of every step's sums are recorded. */
  readonly digestsSums: boolean;
}

/** What can happen to training. */
export type TrainingEvent =
  | { readonly type: 'start' }
  | { readonly type: 'jobFinished'; readonly result: JobResult }
  | { readonly type: 'jobDiverged' }
  /** Ends the run with a checkpoint: at once, or when the job at hand is done. */
  | { readonly type: 'stopRequested'; readonly when: 'at-once' | 'after-job' };

/** What training wants done, in this order. */
export type TrainingEffect =
  | { readonly type: 'record'; readonly record: RunRecord }
  | { readonly type: 'requestJob'; readonly job: JobRequest }
  | { readonly type: 'end'; readonly outcome: Outcome };

/** Where a run stands. */
export interface TrainingProgress {
  /** Steps committed. */
  readonly step: number;
  /** Steps that were committed before the run was continued the last time. */
  readonly firstStep: number;
  readonly parametersSha256: string;
  readonly trainLoss: number | null;
  readonly evaluations: readonly Evaluation[];
  readonly outcome: Outcome | undefined;
}

/** Training, from the initial parameters or from a checkpoint to the run's end. */
export class Training {
  readonly #options: TrainingOptions;
  readonly #update: (state: TrainingState, sums: Float32Array) => TrainingUpdate;
  readonly #evaluationOutputs: readonly TensorPlace[];
  readonly #layout: SegmentLayout | undefined;
  readonly #metricNames: readonly string[];
  readonly #evaluations: Evaluation[];
  readonly #firstStep: number;
  #state: TrainingState;
  #parametersSha256: string;
  #trainLoss: number | null;
  #chain: string;
  #isStopping = false;
  /** Whether an event has ended with an exception. */
  #hasFailed = false;
  #outcome: Outcome | undefined;
  #effects: TrainingEffect[] = [];

  constructor(options: TrainingOptions) {
    const { plan, backend, digest, resume } = options;
    this.#options = options;
    this.#update = compileUpdate(plan, backend);
    this.#evaluationOutputs = outputLayout(plan.evaluationProgram);
    this.#layout = layoutOf(plan);
    this.#metricNames = metricNamesOf(plan);
    this.#evaluations = [...(resume?.evaluations ?? [])];
    const checkpoint = resume?.checkpoint;
    this.#state = checkpoint ?? initialState(plan);
    this.#firstStep = this.#state.step;
    this.#trainLoss = checkpoint?.trainLoss ?? null;
    this.#chain = checkpoint?.chain ?? chainStart;
    this.#parametersSha256 = digest(bytesOfFloats(this.#state.parameters));
  }

  /** Where the run stands. */
  get progress(): TrainingProgress {
    return {
      step: this.#state.step,
      firstStep: this.#firstStep,
      parametersSha256: this.#parametersSha256,
      trainLoss: this.#trainLoss,
      evaluations: this.#evaluations,
      outcome: this.#outcome,
    };
  }

  /** The parameters of the last committed step; they never change, later ones take their place. */
  get parameters(): Floats {
    return this.#state.parameters;
  }

  /** What follows from an event; nothing after the end. */
  handle(event: TrainingEvent): readonly TrainingEffect[] {
    this.#effects = [];
    if (this.#outcome !== undefined || this.#hasFailed) return this.#effects;
    // Until it has come to its end: a state that nobody may rely on must not become a checkpoint.
    this.#hasFailed = true;
    this.#react(event);
    this.#hasFailed = false;
    return this.#effects;
  }

  #react(event: TrainingEvent): void {
    switch (event.type) {
      case 'start':
        if (this.#options.resume?.checkpoint === undefined)
          this.#record({ type: 'trajectory', entry: this.#link(this.#state.step) });
        this.#requestNext();
        break;
      case 'jobFinished':
        this.#finishJob(event.result);
        break;
      case 'jobDiverged':
        this.#end('diverged');
        break;
      case 'stopRequested':
        if (event.when === 'at-once') this.#end('stopped');
        else this.#isStopping = true;
        break;
    }
  }

  #finishJob(result: JobResult): void {
    const { kind, step, contributions } = result;
    if (result.stepCount !== undefined) return this.#finishSegment(result, result.stepCount);
    this.#record({ type: 'contributions', kind, step, contributions });
    if (kind === 'evaluate') return this.#finishEvaluation(result);
    const updated = this.#update(this.#state, result.outputs);
    const { parameters, optimizerState } = updated.state;
    // The last good state stays what it was: an update that overflows is a divergence of this step.
    if (!isFinite(parameters) || !isFinite(optimizerState)) return this.#end('diverged');
    this.#commit(updated);
    this.#requestNext();
  }

  /** Commits the steps of a segment, each with the records that it would have had by itself. */
  #finishSegment({ step, outputs, contributions: [whole] }: JobResult, stepCount: number): void {
    const layout = this.#layout;
    if (layout === undefined || whole === undefined)
      throw new Error(`Cannot finish a segment at step ${step}: none was asked for`);
    const { begin, end, workerId } = whole;
    for (let index = 0; index < stepCount; index++) {
      const record = readStepRecord(outputs, layout, index);
      if (record.sumsSha256 !== undefined) {
        const contributions = [{ begin, end, workerId, sha256: record.sumsSha256 }];
        this.#record({ type: 'contributions', kind: 'train', step: step + index, contributions });
      }
      this.#commitRecord(step + index, record);
    }
    const stateEnd = layout.parameterCount + layout.stateLength;
    const parameters = outputs.slice(0, layout.parameterCount);
    this.#state = { step: step + stepCount, parameters, optimizerState: outputs.slice(layout.parameterCount, stateEnd) };
    this.#recordCheckpointIfDue();
    this.#requestNext();
  }

  /** Commits a step whose parameters have stayed with the worker. */
  #commitRecord(step: number, { loss, lossWeight, metrics, parametersSha256 }: StepRecord): void {
    const learningRate = this.#options.plan.learningRateAt(step);
    const values = Object.fromEntries(this.#metricNames.map((name, index) => [name, metrics[index] ?? Number.NaN]));
    this.#trainLoss = loss / lossWeight;
    this.#record({ type: 'metrics', metrics: { step: step + 1, loss: this.#trainLoss, learningRate, values } });
    if (parametersSha256 === undefined) return;
    this.#parametersSha256 = parametersSha256;
    if (this.#isLinkDue(step + 1)) this.#record({ type: 'trajectory', entry: this.#link(step + 1) });
  }

  /** Asks for the evaluation of this step where one is due, or for the next step. */
  #requestNext(): void {
    if (this.#isStopping) this.#end('stopped');
    else if (isEvaluationDue(this.#options.plan, this.#state.step)) this.#requestEvaluation();
    else this.#requestStep();
  }

  #commit({ state, loss, learningRate, metrics }: TrainingUpdate): void {
    const { digest } = this.#options;
    this.#state = state;
    this.#trainLoss = loss;
    this.#parametersSha256 = digest(bytesOfFloats(state.parameters));
    this.#record({ type: 'metrics', metrics: { step: state.step, loss, learningRate, values: Object.fromEntries(metrics) } });
    if (this.#isLinkDue(state.step)) this.#record({ type: 'trajectory', entry: this.#link(state.step) });
    this.#recordCheckpointIfDue();
  }

  #isLinkDue(step: number): boolean {
    return step === this.#options.plan.stepCount || step % this.#options.digestEvery === 0;
  }

  /** The checkpoint after the last step is recorded with the run's end. */
  #recordCheckpointIfDue(): void {
    const { plan, checkpointEvery } = this.#options;
    const { step } = this.#state;
    if (step !== plan.stepCount && step % checkpointEvery === 0) this.#recordCheckpoint();
  }

  #finishEvaluation(result: JobResult): void {
    const { plan } = this.#options;
    const sums = this.#evaluationOutputs.map(({ name, offset }) => [name, result.outputs[offset] ?? NaN] as const);
    const summary = plan.summarize(result.outputs);
    const evaluation = { step: result.step, sums: Object.fromEntries(sums), summary };
    this.#evaluations.push(evaluation);
    this.#record({ type: 'evaluation', evaluation });
    if (this.#state.step === plan.stepCount) this.#end('completed');
    else if (this.#isStopping) this.#end('stopped');
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
    const segment = this.#segmentRequest();
    this.#requestJob({
      ...{ kind: 'train', programSha256: programSha256.train(this.#state.step) },
      ...{ key: plan.keyFor('train', this.#state.step), microbatchCount: plan.microbatchCount },
      ...(segment === undefined ? {} : { segment }),
    });
  }

  /** The steps until the next evaluation, checkpoint or stage, as one worker may take them. */
  #segmentRequest(): SegmentRequest | undefined {
    const { segments, plan, digestEvery, checkpointEvery } = this.#options;
    if (segments === undefined || this.#layout === undefined) return undefined;
    const { step, optimizerState } = this.#state;
    const untilNext = (every: number): number => every - (step % every);
    const evaluationEvery = plan.evaluation.every ?? Infinity;
    return {
      ...segments,
      ...{ key: plan.streamKeyFor('train'), optimizerState, digestEvery },
      stepLimit: Math.min(
        ...[stageAt(plan, step).endStep - step, fieldLimits.segmentSteps, untilNext(checkpointEvery)],
        evaluationEvery === Infinity ? Infinity : untilNext(evaluationEvery),
      ),
      scalarCount: this.#layout.scalarCount,
      scalars: (at) => plan.updateScalars(at),
    };
  }

  /** Every evaluation draws the same sequences. */
  #requestEvaluation(): void {
    const { plan, programSha256 } = this.#options;
    this.#requestJob({
      ...{ kind: 'evaluate', programSha256: programSha256.evaluate },
      ...{ key: plan.keyFor('test', 0), microbatchCount: plan.evaluation.microbatchCount },
    });
  }

  #requestJob(what: Pick<JobRequest, 'kind' | 'programSha256' | 'key' | 'microbatchCount' | 'segment'>): void {
    const { parameters } = this.#state;
    const job = { ...what, step: this.#state.step, parametersSha256: this.#parametersSha256, parameters };
    this.#effects.push({ type: 'requestJob', job });
  }

  #record(record: RunRecord): void {
    this.#effects.push({ type: 'record', record });
  }

  #recordCheckpoint(): void {
    const [parametersSha256, trainLoss, chain] = [this.#parametersSha256, this.#trainLoss, this.#chain];
    const { step, parameters, optimizerState } = this.#state;
    const checkpoint = { step, parameters, optimizerState, parametersSha256, trainLoss, chain };
    this.#record({ type: 'checkpoint', checkpoint });
  }

  /** The next link of the trajectory. Throws RunError where this step was recorded before and is not the same now. */
  #link(step: number): TrajectoryEntry {
    const entry = { step, loss: this.#trainLoss, parametersSha256: this.#parametersSha256 };
    const recorded = this.#options.resume?.recorded.get(entry.step) ?? entry.parametersSha256;
    if (recorded !== entry.parametersSha256) {
      const [found, wanted] = [entry.parametersSha256, recorded].map((sha256) => `${sha256.slice(0, 12)}…`);
      const message = `Cannot continue run: step ${entry.step} gives parameters ${found} now, ${wanted} recorded before`;
      throw new RunError('trajectory-mismatch', message);
    }
    const link = linkTrajectory(this.#chain, entry, this.#options.digest);
    this.#chain = link.chain;
    return link;
  }
}

/** The vectors of a plan's segments. */
function layoutOf(plan: TrainingPlan): SegmentLayout | undefined {
  const entryOf = (role: 'train' | 'update', program: TrainingPlan['trainProgram']) => {
    return { role, inputLength: inputLength(program), outputLength: outputLength(program) };
  };
  const programs = [entryOf('train', plan.trainProgram), entryOf('update', plan.updateProgram)];
  return segmentLayout(programs, plan.updateScalars(0).length);
}

const metricPrefix = 'metric/';

function metricNamesOf({ outputNames }: TrainingPlan): readonly string[] {
  return outputNames.update.filter((name) => name.startsWith(metricPrefix)).map((name) => name.slice(metricPrefix.length));
}
