// What the live page draws: curves of bounded size, gathered from the records of a run while it goes on.

import { join } from 'node:path';
import { recurrentDecays, type TrainingPlan } from '../../learning/index.js';
import { DecimatedCurve, liveLimits, ThinnedSamples, type LiveDecays, type LiveEvaluation } from '../../protocol/index.js';
import type { CommittedJob, Evaluation, RunRecord } from '../index.js';
import { logFile, type Disk } from '../store/index.js';

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
    for await (const { step, loss, learningRate } of recordedSteps(disk, join(folder, logFile('metrics')), firstStep)) {
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

interface RecordedStep {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

const lineFeed = 0x0a;
/** So many lines are read within a fraction of a second. */
const recalledStepLimit = 50_000;

/** Steps of a log of measures up to the first one that will be done again. Of many, evenly spread ones are read and no others. */
async function* recordedSteps(disk: Disk, path: string, lastStep: number): AsyncGenerator<RecordedStep> {
  const stride = Math.ceil(lastStep / recalledStepLimit);
  let rest: Uint8Array = new Uint8Array(0);
  let lineNumber = 0;
  for await (const piece of disk.readPieces(path)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, begin)) {
      lineNumber += 1;
      const line = lineNumber % stride === 0 ? readStep(bytes.subarray(begin, end)) : undefined;
      begin = end + 1;
      if (line === undefined) continue;
      if (line.step > lastStep) return;
      yield line;
    }
    rest = bytes.subarray(begin);
  }
}

/** A line of a step; undefined for any other, a torn one included. */
function readStep(bytes: Uint8Array): RecordedStep | undefined {
  try {
    const line = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as Readonly<
      Record<string, unknown>
    >;
    const { type, step, loss, learningRate } = line;
    const isStep = type === 'step' && typeof step === 'number' && typeof loss === 'number' && typeof learningRate === 'number';
    return isStep ? { step, loss, learningRate } : undefined;
  } catch {
    return undefined;
  }
}
