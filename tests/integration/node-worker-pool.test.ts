// The pool with real threads, which start from dist/.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addInto, childrenOf, interpreter, ProgramBuilder, type Program, type TreeNode } from '../../tensor/index.js';
import { expectedProof, type ComputeTask } from '../../worker/index.js';
import { fixedVector } from '../../worker/conformance.js';
import { proofProgram } from '../../worker/proof-program.js';
import type * as NodeWorker from '../../node-worker/index.js';
import type { ComputePool, ComputePoolOptions } from '../../node-worker/index.js';
import { repository } from './command.js';

const face = new URL('../../dist/node-worker/index.js', import.meta.url).href;
const microbatchSize = 8;
const key = [7, 11] as const;
const program = proofProgram();
const pools: ComputePool[] = [];
let Pool: new (options: ComputePoolOptions) => ComputePool;

beforeAll(async () => {
  ({ ComputePool: Pool } = (await import(face)) as typeof NodeWorker);
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function startPool(threadCount: number, options: Partial<ComputePoolOptions> = {}): ComputePool {
  const pool = new Pool({ threadCount, backend: 'wasm', ...options });
  pools.push(pool);
  return pool;
}

let lastTaskId = 0;
function taskOn(node: TreeNode, task: Partial<ComputeTask> = {}): ComputeTask {
  lastTaskId += 1;
  const names = { programSha256: 'program', parametersSha256: 'parameters' };
  return { taskId: lastTaskId, ...names, key, node, microbatchSize, limitMilliseconds: 60_000, ...task };
}

function inputsOf(stream: number): Float32Array {
  return fixedVector(interpreter.compile(program).inputLength, stream);
}

/** The sum over a node by one thread on the interpreter. */
function serialSum(node: TreeNode, inputs: Float32Array): Float32Array {
  const executable = interpreter.compile(program);
  executable.load(inputs);
  const sum = (part: TreeNode): Float32Array => {
    const children = childrenOf(part);
    const outputs = new Float32Array(executable.outputLength);
    if (children === undefined) {
      executable.run({ key, firstSequence: part.begin * microbatchSize, sequenceCount: microbatchSize }, outputs);
      return outputs;
    }
    const left = sum(children[0]);
    addInto(left, sum(children[1]));
    return left;
  };
  return sum(node);
}

const bytesOf = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
const digestOf = (floats: Float32Array): string => createHash('sha256').update(bytesOf(floats)).digest('hex');

/** A program that computes for minutes: a long scan over time. */
function endlessProgram(): Program {
  const b = new ProgramBuilder();
  const w = b.input('w', 64, 64);
  let x = b.uniform(4096, 64);
  for (let layer = 0; layer < 20; layer += 1) x = b.matmul(x, w);
  b.output('loss', b.batchSum(b.sum(b.sum(x, 'columns'), 'rows')));
  return b.build();
}

describe('ComputePool', () => {
  it('proves its class of arithmetic', async () => {
    await expect(startPool(2).prove()).resolves.toEqual({ proof: expectedProof, arithmetic: 'exact' });
  });

  for (const threadCount of [1, 2, 3]) {
    it(`sums every lease as one thread does, with ${threadCount} threads`, async () => {
      const pool = startPool(threadCount);
      const inputs = inputsOf(1);
      pool.loadProgram('program', program);
      pool.loadParameters(bytesOf(inputs));
      const nodes = [1, 3, 8, 13].map((end) => ({ begin: 0, end })).concat({ begin: 8, end: 13 }, { begin: 6, end: 7 });
      for (const node of nodes) {
        const expected = digestOf(serialSum(node, inputs));
        for (let repetition = 0; repetition < 5; repetition += 1) {
          const result = await pool.compute(taskOn(node));
          expect(result).toMatchObject({ type: 'computed', finite: true, payloadSha256: expected });
          expect(result.type === 'computed' && digestOf(result.sums)).toBe(expected);
        }
      }
    });
  }

  it('uses new parameters from the next task on', async () => {
    const pool = startPool(2);
    pool.loadProgram('program', program);
    for (const stream of [1, 2, 3, 4]) {
      const inputs = inputsOf(stream);
      pool.loadParameters(bytesOf(inputs));
      const node = { begin: 0, end: 4 };
      await expect(pool.compute(taskOn(node))).resolves.toMatchObject({ payloadSha256: digestOf(serialSum(node, inputs)) });
    }
  });

  it('says that sums are not finite, without a digest of them', async () => {
    const pool = startPool(2);
    const inputs = inputsOf(1).fill(3e38);
    pool.loadProgram('program', program);
    pool.loadParameters(bytesOf(inputs));
    const result = await pool.compute(taskOn({ begin: 0, end: 3 }));
    expect(result).toMatchObject({ type: 'computed', finite: false, payloadSha256: digestOf(new Float32Array(0)) });
  });

  it('stops a cancelled task after the microbatch at hand', async () => {
    const pool = startPool(2);
    pool.loadProgram('program', program);
    pool.loadParameters(bytesOf(inputsOf(1)));
    const task = taskOn({ begin: 0, end: 1_000_000 });
    const result = pool.compute(task);
    pool.cancel(task.taskId);
    await expect(result).resolves.toEqual({ type: 'computeCancelled' });
    await expect(pool.compute(taskOn({ begin: 0, end: 2 }))).resolves.toMatchObject({ type: 'computed' });
  });

  it('ends a thread that overruns its limit and goes on with a new one', async () => {
    const pool = startPool(2);
    pool.loadProgram('endless', endlessProgram());
    pool.loadProgram('program', program);
    pool.loadParameters(new Uint8Array(4 * 64 * 64));
    const endless = taskOn({ begin: 0, end: 100 }, { programSha256: 'endless', microbatchSize: 4096, limitMilliseconds: 1000 });
    const result = await pool.compute(endless);
    expect(result).toEqual({
      type: 'computeFailed',
      code: 'compute-failed',
      reason: 'the computation took longer than 1000 ms',
    });
    const inputs = inputsOf(1);
    pool.loadParameters(bytesOf(inputs));
    const node = { begin: 0, end: 8 };
    await expect(pool.compute(taskOn(node))).resolves.toMatchObject({ payloadSha256: digestOf(serialSum(node, inputs)) });
  });

  it('names the program that it cannot run', async () => {
    const result = await startPool(1).compute(taskOn({ begin: 0, end: 1 }, { programSha256: 'unknown' }));
    expect(result).toEqual({ type: 'computeFailed', code: 'compute-failed', reason: 'program unknown is not loaded' });
  });

  it('lets its process end when it is closed amid a task', () => {
    const modules = ['node-worker/index.js', 'worker/proof-program.js'].map((file) => join(repository, 'dist', file));
    const script = `
      import { ComputePool } from ${JSON.stringify(modules[0])};
      import { proofProgram } from ${JSON.stringify(modules[1])};
      const pool = new ComputePool({ threadCount: 2, backend: 'wasm' });
      const program = proofProgram();
      pool.loadProgram('program', program);
      pool.loadParameters(new Uint8Array(4 * ${inputsOf(1).length}));
      const task = ${JSON.stringify(taskOn({ begin: 0, end: 1_000_000 }))};
      const result = pool.compute(task);
      setTimeout(() => void pool.close(), 300);
      console.log((await result).type);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      ...{ encoding: 'utf8', timeout: 60_000 },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'computeFailed\n', stderr: '' });
  });
});
