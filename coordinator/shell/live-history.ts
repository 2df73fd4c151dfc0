// What the live page draws: curves of bounded size, gathered from the records of a run while it goes on.

import { join } from 'node:path';
import { recurrentDecays, type TrainingPlan } from '../../learning/index.js';
import { DecimatedCurve, liveLimits, ThinnedSamples, type LiveDecays, type LiveEvaluation } from '../../protocol/index.js';
import type { CommittedJob, Evaluation, RunRecord } from '../index.js';
import { logFile, type Disk } from '../store/index.js';
import { recordedSteps } from './recorded-steps.js';

/** The curves of a run. `note` is called between two steps and takes constant time. */
export class LiveHistory {
  readonly loss = new DecimatedCurve(liveLimits.steps);
  readonly learningRate = new DecimatedCurve(liveLimits.steps);
  readonly throughput = new DecimatedCurve(liveLimits.seconds);
  readonly evaluations = new ThinnedSamples<LiveEvaluation>(liveLimits.evaluations);
  readonly decays = new ThinnedSamples<LiveDecays>(liveLimits.decays);
  readonly #plan: TrainingPlan;
  #committed: CommittedJob | undefined;
  #lastLearningRate: number | null = null;
  #mark = { seconds: 0, step: 0 };

  constructor(plan: TrainingPlan) {
    this.#plan = plan;
    this.sampleDecays(0, plan.parameters.initial);
  }

  /** Neurons whose λ are counted. */
  get decayCount(): number {
    return (this.decays.all[0]?.counts ?? []).reduce((sum, count) => sum + count, 0);
  }

  /** The last step that was committed, and who computed it. */
  get committed(): CommittedJob | undefined {
    return this.#committed;
  }

  get lastLearningRate(): number | null {
    return this.#lastLearningRate;
  }

  /** Takes what a record has for a curve. */
  note(record: RunRecord): void {
    switch (record.type) {
      case 'metrics':
        this.#noteStep(record.metrics);
        break;
      case 'evaluation':
        this.#noteEvaluation(record.evaluation);
        break;
      case 'contributions':
        if (record.kind === 'train') this.#committed = record;
        break;
      case 'trajectory':
      case 'checkpoint':
        break;
    }
  }

  /** Counts how λ are spread after so many steps, where the model has them. */
  sampleDecays(step: number, parameters: Float32Array): void {
    const decays = recurrentDecays(this.#plan.parameters, parameters);
    if (decays === undefined) return;
    const counts = new Array<number>(liveLimits.decayBins).fill(0);
    for (const decay of decays) {
      const bin = Math.min(liveLimits.decayBins - 1, Math.floor(decay * liveLimits.decayBins));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    this.decays.offer({ step, counts });
  }

  /** Notes how many steps there are at a time; waiting and evaluations count, so that a run that stands still shows. */
  sampleThroughput(seconds: number, step: number, stepMilliseconds: number | null): void {
    const [elapsed, steps] = [seconds - this.#mark.seconds, step - this.#mark.step];
    // A second without a step says nothing where a step takes several.
    if (elapsed < 1 || (steps === 0 && elapsed < Math.max(2, (4 * (stepMilliseconds ?? 0)) / 1000))) return;
    const { microbatchCount, microbatchSize } = this.#plan;
    this.throughput.add(Math.floor(seconds), (steps * microbatchCount * microbatchSize) / elapsed);
    this.#mark = { seconds, step };
  }

  /** Fills the curves of a run that is continued from what it has left; begins to count at its step. */
  async recall(disk: Disk, folder: string, evaluations: readonly Evaluation[], firstStep: number): Promise<void> {
    this.#mark = { seconds: 0, step: firstStep };
    for (const evaluation of evaluations) this.#noteEvaluation(evaluation);
    if (firstStep === 0) return;
    for await (const { step, loss, learningRate } of recordedSteps(disk, join(folder, logFile('metrics')), {
      lastStep: firstStep,
    })) {
      this.#noteStep({ step, loss, learningRate });
    }
  }

  #noteStep({ step, loss, learningRate }: Readonly<Record<'step' | 'loss' | 'learningRate', number>>): void {
    this.loss.add(step, loss);
    this.learningRate.add(step, learningRate);
    this.#lastLearningRate = learningRate;
  }

  #noteEvaluation({ step, summary }: Evaluation): void {
    const { sequences, testLoss, zero, optimum, gradientDescent, difference, standardError } = summary;
    this.evaluations.offer({ step, sequences, testLoss, zero, optimum, gradientDescent, difference, standardError });
  }
}
