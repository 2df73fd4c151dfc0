// starling analyze RUN: what did the network learn? One HTML file with figures, and the numbers as JSON.

import { join, resolve } from 'node:path';
import {
  readableTask,
  readNetwork,
  readRegression,
  sequenceGroup,
  type NetworkReading,
  type RegressionReading,
  type RunCurves,
} from '../analysis/index.js';
import { wasmBackend } from '../backends/index.js';
import type { Checkpoint } from '../coordinator/index.js';
import { logFile, metricsParser, nodeDisk, readLog, replaceFile } from '../coordinator/store/index.js';
import {
  evaluateSerially,
  modelOf,
  reduceSerially,
  type EvaluationSummary,
  type Registry,
  type TrainingPlan,
} from '../learning/index.js';
import { inputLayout } from '../tensor/index.js';
import { analysisPage, type RunAnalysis } from './analysis-page.js';
import { analysisNumbers, describeAnalysis } from './analysis-numbers.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { loadRegistry, type PluginCommandOptions } from './plugins.js';
import { openCheckpoint } from './stored-checkpoint.js';
import { openStoredRun, type StoredRun } from './stored-run.js';

/** Options of `starling analyze`. */
export interface AnalyzeCommandOptions extends PluginCommandOptions {
  readonly out?: string;
  readonly step?: number;
  /** How far the loss may rise by pruning, in percent. */
  readonly tolerance: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Analyzes a run's checkpoint and writes the report; gives the exit code. */
export async function runAnalyze(path: string, options: AnalyzeCommandOptions): Promise<ExitCode> {
  const registry = await loadRegistry(options);
  const stored = await openStoredRun(path, registry);
  const checkpoint = await openCheckpoint(stored, options.step);
  if (!options.quiet) process.stderr.write(`Reading ${stored.config.name} after step ${checkpoint.step} …\n`);
  const analysis = await analyze({ stored, registry }, checkpoint, options);
  const file = resolve(options.out ?? join(stored.folder, `analysis-step-${checkpoint.step}.html`));
  const encoder = new TextEncoder();
  const numbers = analysisNumbers(analysis);
  await replaceFile(nodeDisk, file, encoder.encode(analysisPage(analysis)));
  await replaceFile(nodeDisk, `${file.replace(/\.html$/, '')}.json`, encoder.encode(`${JSON.stringify(numbers, null, 2)}\n`));
  process.stdout.write(options.json ? `${JSON.stringify({ ...numbers, file })}\n` : `${describeAnalysis(analysis)}\n\n${file}\n`);
  return exitCodes.success;
}

/** A run, and what its configuration may name. */
interface RunSource {
  readonly stored: StoredRun;
  readonly registry: Registry;
}

async function analyze(
  source: RunSource,
  { step, parameters, parametersSha256 }: Checkpoint,
  { tolerance }: AnalyzeCommandOptions,
): Promise<RunAnalysis> {
  const { stored } = source;
  const { manifest, plan, config } = stored;
  const summary = evaluateSerially(plan, wasmBackend, parameters);
  const task = readableTask(config);
  const tensors = inputLayout(plan.trainProgram);
  const reading: NetworkReading | undefined =
    task === undefined
      ? undefined
      : readNetwork(task, { tensors, parameters, tolerance: tolerance / 100, lossOf: lossFunction(plan) });
  const curves = await readCurves(stored, summary);
  const answers = Number.isFinite(summary.testLoss) ? readAnswers(source, parameters) : undefined;
  return { name: config.name, run: manifest.run, config, step, parametersSha256, summary, curves, reading, answers, tolerance };
}

/** Held-out sequences whose answers are read one by one: enough for three digits of a cosine, and for how much memory Gram matrices may take. */
const answeredSequences = 8192;
const gramEntries = 2 ** 24;

function readAnswers({ stored: { config, plan }, registry }: RunSource, parameters: Float32Array): RegressionReading | undefined {
  const { task } = config;
  if (task.name !== 'in-context-regression') return undefined;
  const affordable = Math.floor(gramEntries / (task.inputDimension * task.inputDimension) / sequenceGroup) * sequenceGroup;
  const source = { backend: wasmBackend, key: plan.keyFor('test', 0), sequenceCount: Math.min(answeredSequences, affordable) };
  return readRegression({ task, model: modelOf(registry, config.model) }, parameters, source);
}

/** Held-out sequences on which pruned networks are compared: enough for a percent, few enough for hundreds of networks. */
const pruningSequences = 16_384;

function lossFunction(plan: TrainingPlan): (parameters: Float32Array) => number {
  const { microbatchSize, evaluation } = plan;
  const microbatchCount = Math.min(evaluation.microbatchCount, Math.ceil(pruningSequences / microbatchSize));
  const executable = wasmBackend.compile(plan.evaluationProgram);
  return (parameters) => {
    executable.load(parameters);
    return plan.summarize(reduceSerially(executable, { key: plan.keyFor('test', 0), microbatchSize, microbatchCount })).testLoss;
  };
}

async function readCurves({ folder, config }: StoredRun, { optimum, accuracy }: EvaluationSummary): Promise<RunCurves> {
  const [points, evaluations]: [RunCurves['points'][number][], RunCurves['evaluations'][number][]] = [[], []];
  for await (const { value } of readLog(nodeDisk, join(folder, logFile('metrics')), metricsParser())) {
    const { metrics, evaluation } = value;
    if (metrics !== undefined) points.push({ step: metrics.step, loss: metrics.loss, learningRate: metrics.learningRate });
    if (evaluation !== undefined) evaluations.push({ step: evaluation.step, testLoss: evaluation.summary.testLoss });
  }
  const isRegression = config.task.name === 'in-context-regression';
  const label = isRegression ? 'theory: one optimal step of gradient descent' : 'theory';
  return {
    points,
    evaluations,
    optimum: optimum === null ? undefined : { loss: optimum, label },
    lossLabel: accuracy === null ? 'half the mean squared error per output' : 'cross-entropy in nats',
  };
}
