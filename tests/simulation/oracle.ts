// What must come out: the serial trainer's bits, step by step, and the sum of every tree node. Computed once and remembered, so that a
// world of hundreds of leases takes milliseconds.

import { createHash } from 'node:crypto';
import { wasmBackend } from '../../backends/index.js';
import { buildPlan, parseRunConfig, trainSerially, type RunConfig, type TrainingPlan } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { computeSegment, type SegmentSteps, type SegmentTask } from '../../worker/index.js';
import {
  canonicalBytes,
  sumTree,
  type Backend,
  type Executable,
  type Floats,
  type Key,
  type Program,
  type TreeNode,
} from '../../tensor/index.js';

/** Lower-case hexadecimal SHA-256. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a simulated worker computes. */
export interface NodeRequest {
  readonly programSha256: string;
  readonly parametersSha256: string;
  readonly parameters: Floats;
  readonly key: Key;
  readonly node: TreeNode;
}

/** A configuration, its plan and everything that is known of it. */
export class Oracle {
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  /** For the update program; it compiles a program once for all lives of all coordinators. */
  readonly backend: Backend = compileOnce(wasmBackend);
  readonly #executables = new Map<string, Executable>();
  readonly #sums = new Map<string, Floats>();
  #serial: readonly { readonly sha256: string; readonly parameters: Floats }[] | undefined;

  constructor(config: RunConfig) {
    this.config = config;
    this.plan = buildPlan(config);
    const { stages, evaluationProgram, updateProgram } = this.plan;
    for (const program of [...stages.map(({ trainProgram }) => trainProgram), evaluationProgram, updateProgram]) {
      this.#executables.set(sha256(canonicalBytes(program)), wasmBackend.compile(program));
    }
  }

  /** Digests of the parameters after 0, 1, 2 … steps, by the serial trainer. */
  get trajectory(): readonly string[] {
    return this.#trained.map(({ sha256: digest }) => digest);
  }

  /** The serial trainer's parameters after so many steps. */
  parametersAt(step: number): Floats {
    const trained = this.#trained[step];
    if (trained === undefined) throw new RangeError(`Cannot give parameters: step ${step} found, one of the run's wanted`);
    return trained.parameters;
  }

  get #trained(): readonly { readonly sha256: string; readonly parameters: Floats }[] {
    const { initial } = this.plan.parameters;
    this.#serial ??= [
      { sha256: sha256(bytesOfFloats(initial)), parameters: initial },
      ...[...trainSerially(this.plan, wasmBackend, sha256)].map(({ parametersSha256, state }) => {
        return { sha256: parametersSha256, parameters: state.parameters };
      }),
    ];
    return this.#serial;
  }

  /** The sums of a tree node. */
  sum(request: NodeRequest): Floats {
    const { programSha256, parametersSha256, key, node } = request;
    const name = [programSha256, parametersSha256, ...key, node.begin, node.end].join();
    let sums = this.#sums.get(name);
    if (sums === undefined) this.#sums.set(name, (sums = this.#compute(request)));
    return sums;
  }

  /** The result of a segment, by the code of a real worker. */
  segment(task: SegmentRequest): Floats {
    const { programSha256, updateSha256, request } = task;
    const digests = [request, ...task.key].map((part) => (typeof part === 'number' ? part : sha256(bytesOfFloats(part))));
    const name = [programSha256, ...digests, task.step, task.stepCount].join();
    let result = this.#sums.get(name);
    if (result === undefined) {
      const [train, update] = [this.#executable(programSha256), this.#executable(updateSha256)];
      const found = computeSegment(task, { train, update, request, sha256, isCancelled: () => false });
      if (typeof found === 'string') throw new RangeError(`Cannot compute a segment: ${found} found, a result wanted`);
      this.#sums.set(name, (result = found));
    }
    return result;
  }

  #executable(programSha256: string): Executable {
    const executable = this.#executables.get(programSha256);
    if (executable === undefined) throw new RangeError(`Cannot compute: program ${programSha256} found, one of the run's wanted`);
    return executable;
  }

  #compute({ programSha256, parameters, key, node }: NodeRequest): Floats {
    const executable = this.#executable(programSha256);
    const { microbatchSize } = this.plan;
    executable.load(parameters);
    return sumTree(node, (index) => {
      const outputs = new Float32Array(executable.outputLength);
      executable.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
      return outputs;
    });
  }
}

/** What a segment's lease asks for. */
type SegmentRequest = Pick<SegmentTask, 'programSha256' | 'updateSha256' | 'request'> & SegmentSteps;

function compileOnce(backend: Backend): Backend {
  const executables = new Map<Program, Executable>();
  return {
    ...backend,
    compile: (program) => {
      let executable = executables.get(program);
      if (executable === undefined) executables.set(program, (executable = backend.compile(program)));
      return executable;
    },
  };
}

/** How long a simulated run is, and in what portions. */
export interface RunShape {
  readonly steps: number;
  readonly microbatches: number;
  readonly checkpointEvery: number;
  readonly digestEvery: number;
  readonly keepCheckpoints: number;
  readonly keepCheckpointEvery: number | null;
  readonly evaluateEvery: number | null;
  /** Steps at which the examples become one more, of a run with a curriculum. */
  readonly borders?: readonly number[];
}

const oracles = new Map<string, Oracle>();

/** The oracle of a run of this shape: linear attention on a regression of two dimensions. */
export function oracleFor(shape: RunShape): Oracle {
  const name = JSON.stringify(shape);
  let oracle = oracles.get(name);
  if (oracle === undefined) oracles.set(name, (oracle = new Oracle(configurationOf(shape))));
  return oracle;
}

function configurationOf({ steps, microbatches, evaluateEvery, borders, ...training }: RunShape): RunConfig {
  const stages = borders === undefined ? undefined : [0, ...borders];
  const curriculum = stages?.map((fromStep, index) => ({ fromStep, task: { contextLength: 1 + index } }));
  return parseRunConfig({
    name: 'simulated',
    seed: 11,
    task: { name: 'in-context-regression', contextLength: 3, inputDimension: 2, outputDimension: 1 },
    model: { name: 'linear-attention' },
    optimizer: { name: 'adamw', learningRate: 0.01 },
    training: { steps, microbatches, microbatchSize: 8, curriculum, ...training },
    evaluation: { every: evaluateEvery, sequences: 24 },
    // A lie that nobody looks at is part of the run's bits: in these worlds everything of a volunteer is looked at.
    coordination: { recheck: 1 },
  });
}
