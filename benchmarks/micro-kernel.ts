// The backend's matmul alone: two programs that differ only in how many matmuls they chain. The difference of their times holds
// nothing but matmuls; how values come in and how results leave cancels.

import { wasmBackend } from '../backends/index.js';
import { ProgramBuilder, type Program } from '../tensor/index.js';
import type { Step } from './sampling.js';
import { batchSummer } from './training-step.js';

/** The two programs' steps and what the longer one computes more. */
export interface MicroKernel {
  readonly shorter: Step;
  readonly longer: Step;
  readonly flops: number;
}

const shortChain = 2;
const longChain = 10;
const sequenceCount = 64;

/** Prepares matmuls of [rows, size] by [size, size]. */
export function prepareMicroKernel(size: number, rows: number): MicroKernel {
  return {
    shorter: stepOf(chainProgram(size, rows, shortChain)),
    longer: stepOf(chainProgram(size, rows, longChain)),
    flops: 2 * size * size * rows * sequenceCount * (longChain - shortChain),
  };
}

function chainProgram(size: number, rows: number, length: number): Program {
  const builder = new ProgramBuilder();
  const weights = builder.input('weights', size, size);
  let x = builder.expand(builder.input('x', 1, size), rows, size);
  for (let link = 0; link < length; link += 1) x = builder.matmul(x, weights);
  builder.output('sum', builder.batchSum(x));
  return builder.build();
}

function stepOf(program: Program): Step {
  const executable = wasmBackend.compile(program);
  // Rows of ±1/√n keep values near 1 over the whole chain; their signs follow no period.
  const scale = 1 / Math.sqrt(program.inputs[0]!.columns);
  const inputs = Float32Array.from({ length: executable.inputLength }, (_, index) =>
    ((index * index) % 7) % 2 === 0 ? scale : -scale,
  );
  executable.load(inputs);
  return batchSummer(executable, { microbatchSize: sequenceCount, microbatchCount: 1 });
}
