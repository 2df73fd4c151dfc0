// A run computed again beside its records, step by step. Pure: records come in, findings come out.
//
//   state t−1 → job: the digest of each logged node → update → state t: trajectory, measures, checkpoint → evaluation: nodes, sums
//
// It stops at the first difference in the computation: behind it everything differs. A record that was altered while the run was
// right does not stop it.

import { initialState, type TrainingState, type TrainingUpdate } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { isFinite } from '../core/contribution-check.js';
import { chainStart, linkTrajectory, type Checkpoint, type TrajectoryEntry } from '../core/records.js';
import { compareCheckpoint, compareEvaluation, compareMetrics, compareNodes, differentRecord, isSame } from './comparison.js';
import { shortDigest, type Finding } from './finding.js';
import { compileRecomputation, type Recomputation, type RecomputationOptions } from './recomputation.js';
import type { JobRecord, StepRecords } from './step-records.js';
import { alteredContribution, differentContribution, Suspicions, wrongSum, type Consequence } from './suspicion.js';

/** Findings after which a verification ends: who altered so many records altered them all. */
export const findingLimit = 100;

/** What a verification is told once. */
export interface VerificationOptions extends RecomputationOptions {
  readonly digestEvery: number;
  /** Where it begins; nothing: before step 0, from the seed. */
  readonly start?: Checkpoint;
}

/** A verification on its way. */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #recomputation: Recomputation;
  readonly #findings: Finding[] = [];
  readonly #suspicions = new Suspicions();
  readonly #firstStep: number;
  #state: TrainingState;
  #parametersSha256: string;
  #loss: number | null;
  /** As computed; and as recorded, which is another one behind a link that was altered. */
  #chain: string;
  #recordedChain: string;
  #verifiedStep: number;
  #isOver = false;

  constructor(options: VerificationOptions) {
    const { plan, start, digest } = options;
    this.#options = options;
    this.#recomputation = compileRecomputation(options);
    this.#state = start ?? initialState(plan);
    this.#firstStep = this.#verifiedStep = this.#state.step;
    this.#parametersSha256 = digest(bytesOfFloats(this.#state.parameters));
    this.#loss = start?.trainLoss ?? null;
    this.#chain = this.#recordedChain = start?.chain ?? chainStart;
  }

  /** What was found so far. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Whether nothing more is compared: the computation differs, or too many records do. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Steps computed again up to which all records agree, or differ alone. */
  get verifiedSteps(): number {
    return this.#verifiedStep - this.#firstStep;
  }

  /** Where the computation stands. */
  get progress(): { readonly step: number; readonly loss: number | null; readonly parametersSha256: string } {
    return { step: this.#state.step, loss: this.#loss, parametersSha256: this.#parametersSha256 };
  }

  /** Takes the records of the first state, and then those of one step after the other. */
  take(records: StepRecords): void {
    if (!this.#goesOn()) return;
    if (records.step === this.#firstStep) this.#begin(records);
    else this.#advance(records);
    if (this.#goesOn() && (records.evaluate !== undefined || records.evaluation !== undefined)) this.#evaluate(records);
    const isRecorded = Object.keys(records).length > 1;
    if (isRecorded && this.#goesOn() && !this.#suspicions.areOpen) this.#verifiedStep = records.step;
  }

  /** Ends it: what no later record has explained is found as it is. */
  finish(): void {
    for (const finding of this.#suspicions.giveUp()) this.#find(finding);
    this.#isOver = true;
  }

  /** Whether the next job or its update is not finite: what is asked of a run that ended as diverged. */
  diverges(): boolean {
    const { compute, update } = this.#recomputation;
    if (!isFinite(compute('evaluate', this.#state, []).sums)) return true;
    const { sums } = compute('train', this.#state, []);
    if (!isFinite(sums)) return true;
    const { parameters, optimizerState } = update(this.#state, sums).state;
    return !isFinite(parameters) || !isFinite(optimizerState);
  }

  /** The first state: computed from the seed, or that of a checkpoint, whose chain has the link of its step already. */
  #begin({ step, entry, checkpoint }: StepRecords): void {
    if (step === 0) this.#link(entry, false);
    if (checkpoint !== undefined) this.#compareCheckpoint(checkpoint);
  }

  #advance({ step, train, entry, metrics, checkpoint }: StepRecords): void {
    if (step !== this.#state.step + 1) {
      throw new RangeError(`Cannot verify step ${step}: records of step ${this.#state.step + 1} wanted`);
    }
    const updated = this.#computeStep(train);
    this.#state = updated.state;
    this.#loss = updated.loss;
    this.#parametersSha256 = this.#options.digest(bytesOfFloats(updated.state.parameters));
    const [difference] = metrics === undefined ? [] : compareMetrics(metrics, updated);
    // The norm of the gradient shows a wrong sum even where the parameters do not.
    if (difference !== undefined && this.#suspicions.areOfNodes) return this.#confirm(consequenceOf('the measures', difference));
    if (step % this.#options.digestEvery === 0 || step === this.#options.plan.stepCount) this.#link(entry, train !== undefined);
    if (checkpoint !== undefined && this.#goesOn()) this.#compareCheckpoint(checkpoint);
    if (difference !== undefined && this.#goesOn() && !this.#suspicions.areOpen) this.#find(difference);
  }

  /** A function, since what is found meanwhile may end it. */
  #goesOn(): boolean {
    return !this.#isOver;
  }

  #computeStep(record: JobRecord | undefined): TrainingUpdate {
    const { compute, update } = this.#recomputation;
    const job = compute('train', this.#state, record?.contributions ?? []);
    if (record !== undefined) {
      const { suspicions, untiled } = compareNodes(record, job, this.#options.plan);
      if (untiled !== undefined) this.#find(untiled);
      this.#suspicions.suspectNodes(suspicions);
    }
    return update(this.#state, job.sums);
  }

  /** Adds the link of this step to the chain and compares it with the recorded one. */
  #link(entry: TrajectoryEntry | undefined, isSumLogged: boolean): void {
    const computed = { step: this.#state.step, loss: this.#loss, parametersSha256: this.#parametersSha256 };
    const chainAfter = (chain: string): string => linkTrajectory(chain, computed, this.#options.digest).chain;
    const wantedChain = chainAfter(this.#recordedChain);
    this.#chain = chainAfter(this.#chain);
    this.#recordedChain = entry?.chain ?? wantedChain;
    if (entry === undefined) return;
    const { step, parametersSha256: wanted } = computed;
    if (entry.parametersSha256 !== wanted) {
      const found = entry.parametersSha256;
      if (this.#suspicions.areOpen)
        return this.#confirm({
          what: `the parameters after ${step} steps`,
          found: shortDigest(found),
          wanted: shortDigest(wanted),
        });
      return this.#suspicions.suspectParameters({ step, found, wanted, isSumLogged, lastAgreedStep: this.#verifiedStep });
    }
    if (!isSame(entry.loss, computed.loss)) {
      const difference = differentRecord(step, 'loss in the trajectory', entry.loss, computed.loss);
      if (this.#suspicions.areOfNodes) return this.#confirm(consequenceOf('the losses', difference));
      this.#find(difference);
    } else if (entry.chain !== wantedChain) {
      this.#find(differentRecord(step, 'chain of the trajectory', entry.chain, wantedChain));
    }
    this.#refute();
  }

  #compareCheckpoint(checkpoint: Checkpoint): void {
    const difference = compareCheckpoint(checkpoint, {
      ...{ state: this.#state, parametersSha256: this.#parametersSha256, loss: this.#loss, digest: this.#options.digest },
      chains: [this.#chain, this.#recordedChain],
    });
    if (difference === undefined) return this.#refute();
    const isExplained = this.#suspicions.areOpen || this.#suspicions.areOfNodes;
    if (isExplained) return this.#confirm(consequenceOf('checkpoints', difference));
    this.#find(difference);
  }

  #evaluate({ evaluate, evaluation }: StepRecords): void {
    const { plan } = this.#options;
    const job = this.#recomputation.compute('evaluate', this.#state, evaluate?.contributions ?? []);
    const nodes = evaluate === undefined ? undefined : compareNodes(evaluate, job, plan);
    if (nodes?.untiled !== undefined) this.#find(nodes.untiled);
    // Of other parameters than these everything differs: nothing to learn.
    if (!this.#goesOn() || this.#suspicions.areOpen) return;
    const [difference] = evaluation === undefined ? [] : compareEvaluation(evaluation, job.sums, plan);
    const [first, ...others] = nodes?.suspicions ?? [];
    if (first === undefined) return difference === undefined ? undefined : this.#find(difference);
    if (evaluation === undefined) return this.#find(differentContribution(first));
    if (difference === undefined) return this.#find(...[first, ...others].map(alteredContribution));
    this.#find(wrongSum(first, others.length, consequenceOf('the sums of the evaluation', difference)));
  }

  #refute(): void {
    const finding = this.#suspicions.refute();
    if (finding !== undefined) this.#find(finding);
    if (this.#findings.length + this.#suspicions.count >= findingLimit) this.#isOver = true;
  }

  /** The computation differs: nothing behind can be compared. */
  #confirm(consequence: Consequence): void {
    const finding = this.#suspicions.confirm(consequence);
    this.#find(finding);
    // A wrong sum that showed late spoils the steps since.
    this.#verifiedStep = Math.min(this.#verifiedStep, finding.step);
    this.#isOver = true;
  }

  #find(...findings: readonly Finding[]): void {
    this.#findings.push(...findings.slice(0, findingLimit - this.#findings.length));
    if (this.#findings.length >= findingLimit) this.#isOver = true;
  }
}

function consequenceOf(what: string, { step, found, wanted }: Finding): Consequence {
  const short = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? shortDigest(text) : text);
  return { what: `${what} after ${step} steps`, found: short(found), wanted: short(wanted) };
}
