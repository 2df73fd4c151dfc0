// A computer on scripted devices, and what its results have to be.

import { expect } from 'vitest';
import { WebGpuError } from '../../backends/index.js';
import { addInto, childrenOf, interpreter, type TreeNode } from '../../tensor/index.js';
import { fixedVector } from '../../worker/conformance.js';
import {
  DeviceComputer,
  isFiniteBits,
  type ComputeResult,
  type ComputeTask,
  type DeviceComputerParts,
} from '../../worker/index.js';
import { proofProgram } from '../../worker/proof-program.js';
import { sha256 } from './conversation.js';
import { ScriptedDevice, TurnedClock, type Script, type SumCall } from './scripted-device.js';

const key = [7, 11] as const;
const microbatchSize = 8;
/** Another object than those of the proof: scripts know it by that. */
export const program = proofProgram();
/** Whether a call is for a lease: neither proof nor first try. */
export const isRuns = (call: SumCall): boolean => call.program === program && call.first.key === key;
export const lost = (): never => {
  throw new WebGpuError('webgpu-lost', 'the device is lost');
};
export const never = (): Promise<void> => new Promise(() => undefined);

export const reference = interpreter.compile(program);
export const parametersOf = (stream: number): Float32Array => fixedVector(reference.inputLength, stream);
export const bytesOf = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

function serialSum(node: TreeNode, parameters: Float32Array): Float32Array {
  const children = childrenOf(node);
  if (children === undefined) {
    const outputs = new Float32Array(reference.outputLength);
    reference.load(parameters);
    reference.run({ key, firstSequence: node.begin * microbatchSize, sequenceCount: microbatchSize }, outputs);
    return outputs;
  }
  const left = serialSum(children[0], parameters);
  addInto(left, serialSum(children[1], parameters));
  return left;
}

let lastTaskId = 0;
/** A lease on some microbatches. */
export function taskOn(begin: number, end: number, more: Partial<ComputeTask> = {}): ComputeTask {
  lastTaskId += 1;
  const names = { programSha256: 'program', parametersSha256: 'parameters' };
  return { taskId: lastTaskId, ...names, key, node: { begin, end }, microbatchSize, limitMilliseconds: 1000, ...more };
}

/** A computer, and what happened to it. */
export interface Bench {
  readonly computer: DeviceComputer;
  readonly clock: TurnedClock;
  /** Devices in the order in which they were opened. */
  readonly devices: readonly ScriptedDevice[];
  readonly said: readonly string[];
}

const computers: DeviceComputer[] = [];

/** A computer whose devices follow one script after the other; the last one is followed from then on. */
export function benchOf(scripts: readonly (Script | Error)[], parts: Partial<DeviceComputerParts> = {}): Bench {
  const devices: ScriptedDevice[] = [];
  const said: string[] = [];
  const clock = new TurnedClock();
  let opened = 0;
  const computer = new DeviceComputer({
    open: () => {
      const script = scripts[Math.min(opened, scripts.length - 1)] ?? {};
      opened += 1;
      if (script instanceof Error) return Promise.reject(script);
      const device = new ScriptedDevice(script);
      devices.push(device);
      return Promise.resolve(device);
    },
    sha256,
    timers: clock,
    log: (_, text) => said.push(text),
    ...parts,
  });
  computers.push(computer);
  return { computer, clock, devices, said };
}

/** The same, proved, with program and parameters. */
export async function readyBench(scripts: readonly (Script | Error)[], parts: Partial<DeviceComputerParts> = {}): Promise<Bench> {
  const bench = benchOf(scripts, parts);
  await bench.computer.prove();
  bench.computer.loadProgram('program', program);
  bench.computer.loadParameters(bytesOf(parametersOf(1)));
  return bench;
}

/** Holds a result against the interpreter's. */
export function expectSums(result: ComputeResult, node: TreeNode, parameters = parametersOf(1)): void {
  const wanted = serialSum(node, parameters);
  expect(isFiniteBits(wanted)).toBe(true);
  expect(result).toMatchObject({ type: 'computed', finite: true, payloadSha256: sha256(bytesOf(wanted)) });
  if (result.type === 'computed') expect(bytesOf(result.sums)).toEqual(bytesOf(wanted));
}

/** How many microbatches the calls for leases were for. */
export const countsOf = (device: ScriptedDevice | undefined): readonly number[] =>
  (device?.sums ?? []).filter(isRuns).map(({ microbatchCount }) => microbatchCount);

/** Whether a call is for the whole program of the proof. */
export const isProof = ({ program: other }: SumCall): boolean =>
  other !== program && other.outputs.some(({ name }) => name === 'loss');

/** Closes what a test has made. */
export async function closeComputers(): Promise<void> {
  await Promise.all(computers.splice(0).map((computer) => computer.close()));
}

/** Lets promises go on until something is so. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn += 1) {
    if (condition()) return;
    await Promise.resolve();
  }
  throw new Error('Cannot go on: what was waited for did not happen');
}
