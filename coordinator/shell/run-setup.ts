// What a run is made of before anything happens: its programs with their digests, its id, and the core's options.

import { createHash, randomBytes, randomInt } from 'node:crypto';
import { stageAt, type RunConfig, type TrainingPlan } from '../../learning/index.js';
import { fieldLimits, frameBytesFor, segmentLayout, segmentResultLength, type Hello, type Proof } from '../../protocol/index.js';
import { canonicalBytes, inputLength, outputLength, type Backend, type Program } from '../../tensor/index.js';
import {
  defaultRecheck,
  defaultScheduling,
  type CoreOptions,
  type Evaluation,
  type LogEntry,
  type Reputations,
  type RunProgram,
} from '../index.js';
import { newManifest, type ProgramDigests, type RunManifest } from '../store/index.js';
import { accessOf, type AccessOptions } from './access.js';
import type { ServingOptions } from './serving.js';

/** A moment of a run, for people. */
export interface RunProgress {
  readonly step: number;
  readonly stepCount: number;
  readonly loss: number | null;
  readonly sequencesPerSecond: number;
  /** Undefined before the first step. */
  readonly secondsLeft: number | undefined;
  readonly workerCount: number;
}

/** A run to be coordinated, and where. */
export interface CoordinatorOptions extends ServingOptions {
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  /** What the update program runs on. */
  readonly backend: Backend;
  /** The proof that every exact worker gives. */
  readonly proof: Proof;
  /** The run's folder: new or empty, or that of the run to continue. */
  readonly folder: string;
  /** Continues the run in the folder, under its own name. */
  readonly resume?: { readonly run: string };
  /** Name and version of this software. */
  readonly software: string;
  /** Whether workers may be given several steps at once, where that is faster. It changes no bit. */
  readonly segments?: boolean;
  /** What it shares with the other runs of its study; nothing: it is alone. */
  readonly reputations?: Reputations;
  /** Uniform in [0, 1), and not to be foreseen by workers: which sums are computed again. Nothing: this machine's own. */
  readonly chance?: () => number;
  /** The built page for volunteers; nothing: there is none. */
  readonly volunteerFolder?: string;
  /** The built page for the run's owner; nothing: there is none, and no report is written. */
  readonly liveFolder?: string;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onEvaluation?: (evaluation: Evaluation) => void;
  readonly onLog?: (entry: LogEntry) => void;
}

/** A run's programs, as workers and the run's folder have them. */
export interface RunPrograms {
  /** Of training, in the order of their first steps, each of them once. */
  readonly train: readonly RunProgram[];
  readonly evaluate: RunProgram;
  readonly update: RunProgram;
  /** The digest of the training program of a step. */
  readonly trainSha256: (step: number) => string;
  /** Digests by role: of training `train`, and `trainFrom…` from the first steps of later stages on. */
  readonly digests: ProgramDigests;
  /** Canonical bytes by digest. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

/** How often connections are pinged. */
export const heartbeatMilliseconds = 5000;

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The programs of a plan. */
export function programsOf(plan: TrainingPlan): RunPrograms {
  const ofStages = new Map(plan.stages.map((stage) => [stage, runProgram('train', stage.trainProgram)] as const));
  const trainSha256 = (step: number): string => ofStages.get(stageAt(plan, step))?.sha256 ?? '';
  const train = [...new Map([...ofStages.values()].map((program) => [program.sha256, program])).values()];
  const evaluate = runProgram('evaluate', plan.evaluationProgram);
  const update = runProgram('update', plan.updateProgram);
  const later = plan.stages.slice(1).map(({ fromStep }) => [`trainFrom${fromStep}`, trainSha256(fromStep)] as const);
  return {
    ...{ train, evaluate, update, trainSha256 },
    digests: { train: trainSha256(0), evaluate: evaluate.sha256, update: update.sha256, ...Object.fromEntries(later) },
    bytes: new Map([...train, evaluate, update].map((program) => [program.sha256, program.bytes])),
  };
}

/** The bytes of the longest frame that a worker of such a run has reason to send. */
export function frameBytesOf({ train, evaluate, update }: RunPrograms, scalarCount: number | undefined): number {
  const layout = scalarCount === undefined ? undefined : segmentLayout([...train, update], scalarCount);
  const segment = layout === undefined ? 0 : segmentResultLength(layout, fieldLimits.segmentSteps);
  return frameBytesFor(4 * Math.max(segment, ...train.map(({ outputLength: length }) => length), evaluate.outputLength));
}

/** A name for this run that no other has. */
export function newRunId(name: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  return `${readable}-${randomBytes(6).toString('hex')}`;
}

/** What the core has to know. */
export function coreOptionsOf(options: CoordinatorOptions, runId: string, programs: RunPrograms): CoreOptions {
  const { config, plan, proof, reputations, chance = unforeseen } = options;
  const { maximumWorkers, leaseMilliseconds, admit, recheck } = config.coordination;
  const { acceptsWorker } = accessOf(options);
  const { train, evaluate, update } = programs;
  const sent = givesSegments(options) ? [...train, evaluate, update] : [...train, evaluate];
  return {
    ...{ runId, microbatchSize: plan.microbatchSize, programs: sent, heartbeatMilliseconds, digest: sha256 },
    admission: {
      ...{ workerLimit: maximumWorkers, proof, admitsTolerant: admit === 'tolerant' },
      acceptsToken: acceptsWorker,
    },
    scheduling: { ...defaultScheduling, targetLeaseMilliseconds: leaseMilliseconds },
    recheck: { ...defaultRecheck, fraction: recheck, isVolunteer: volunteerTest(options), chance },
    ...(reputations === undefined ? {} : { reputations }),
  };
}

/** Who is not the owner's: tabs, and whatever comes with their link; who has the workers' token has it from the owner. */
export function volunteerTest(access: AccessOptions): (hello: Hello) => boolean {
  const { isInvitation } = accessOf(access);
  return ({ kind, token }) => kind === 'browser' || isInvitation(token);
}

/** Whether workers may be given several steps at once: where bits are admitted that are only close, steps have to stay comparable. */
export const givesSegments = ({ segments = false, config: { coordination } }: CoordinatorOptions): boolean =>
  segments && coordination.segments && coordination.admit === 'exact';

const unforeseen = (): number => randomInt(2 ** 32) / 2 ** 32;

/** The manifest of a new run. */
export function manifestOf(
  { config, plan: { plugins }, software }: CoordinatorOptions,
  { runId, programs, createdAt }: { readonly runId: string; readonly programs: RunPrograms; readonly createdAt: Date },
): RunManifest {
  const made = { run: runId, software, createdAt: createdAt.toISOString() };
  const needed = plugins.length === 0 ? {} : { plugins };
  return newManifest({ ...made, programs: programs.digests, configuration: config, ...needed });
}

function runProgram(role: RunProgram['role'], program: Program): RunProgram {
  const bytes = canonicalBytes(program);
  return { role, sha256: sha256(bytes), bytes, inputLength: inputLength(program), outputLength: outputLength(program) };
}
