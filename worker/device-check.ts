// A device beside a backend that is trusted, on the run's own program, parameters and data: fixed inputs do not show everything.

import { bitsOf, isNonFinite, type Backend, type Executable, type Floats, type Program } from '../tensor/index.js';
import type { Parameters } from './device-program.js';
import type { ComputeTask } from './events.js';

/** Computes microbatches a second time. */
export class DeviceCheck {
  readonly #reference: Backend;
  /** Undefined for a program that the reference cannot run. */
  readonly #executables = new Map<string, Executable | undefined>();

  constructor(reference: Backend) {
    this.#reference = reference;
  }

  /** What is wrong with the sums of a task's first microbatch; undefined where they have the reference's bits. */
  differenceIn(sums: Floats, task: ComputeTask, program: Program, parameters: Parameters): string | undefined {
    const executable = this.#executableOf(task.programSha256, program);
    if (executable === undefined) return undefined;
    const wanted = new Float32Array(executable.outputLength);
    executable.load(parameters.values);
    const { key, node, microbatchSize } = task;
    executable.run({ key, firstSequence: node.begin * microbatchSize, sequenceCount: microbatchSize }, wanted);
    const count = wanted.reduce((differing, value, index) => differing + (isAlike(value, sums[index]) ? 0 : 1), 0);
    if (count === 0) return undefined;
    return `${count} of ${wanted.length} sums of microbatch ${node.begin} differ from those of ${this.#reference.name}`;
  }

  /** Forgets a program. */
  forget(programSha256: string): void {
    this.#executables.delete(programSha256);
  }

  #executableOf(sha256: string, program: Program): Executable | undefined {
    if (!this.#executables.has(sha256)) this.#executables.set(sha256, compiledBy(this.#reference, program));
    return this.#executables.get(sha256);
  }
}

function compiledBy(reference: Backend, program: Program): Executable | undefined {
  try {
    return reference.compile(program);
  } catch {
    // What does not fit this thread may still fit the device; its proof has to do then.
    return undefined;
  }
}

/** Equal bits; what is not finite is a flag and no value. */
function isAlike(wanted: number, found: number | undefined): boolean {
  const [a, b] = [bitsOf(wanted), bitsOf(found ?? Number.NaN)];
  return a === b || (isNonFinite(a) && isNonFinite(b));
}
