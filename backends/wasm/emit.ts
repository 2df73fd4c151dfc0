// From a plan to a module: one function per kernel, around them `load` and `run`, and `findNonFinite`.

import { Assembler } from './assembler.js';
import { elementBytes } from './access.js';
import { type Value, valueAt } from './graph.js';
import { matmulKernel } from './matmul-kernel.js';
import { finiteKernel } from './finite-kernel.js';
import { header } from './header.js';
import { deferredGroups, isStored } from './memory-plan.js';
import { ModuleBuilder } from './module-builder.js';
import type { Emission } from './place.js';
import { copyKernel, pointwiseKernel } from './pointwise-kernel.js';
import { productKernel } from './product-kernel.js';
import { columnReductionKernel, laneSumsKernel, totalKernel, transposeKernel } from './reduction-kernels.js';
import type { Kernel } from './schedule.js';
import { uniformKernel } from './uniform-kernel.js';
import { weightGradientKernel } from './weight-gradient-kernel.js';

/** Calls of one stage, in order, for one kernel or for the kernels of a region or of a run of time chunks. */
export interface Phase {
  readonly kernels: readonly Kernel[];
  /** Time steps per call; as many calls as it takes. */
  readonly rowsPerCall: number;
  readonly rows: number;
  readonly reverse: boolean;
}

const pageBytes = 65536;

/** The bytes of the module. */
export function emitModule(emission: Emission, phases: readonly Phase[]): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder();
  const functions = new Map<Kernel, number>();
  for (const kernel of emission.schedule.kernels) functions.set(kernel, builder.add(kernelCode(emission, kernel)));
  const transpose = builder.add(transposeKernel(emission));
  const call = (code: Assembler, kernel: Kernel): Assembler => code.integer(0).integer(0).call(functions.get(kernel)!);
  const load = new Assembler();
  for (const kernel of emission.schedule.kernels) if (kernel.stage === 'prologue') call(load, kernel);
  load.integer(0).integer(0).call(transpose);
  builder.add(load, 'load');
  builder.add(runCode(emission, phases, functions), 'run');
  builder.add(finiteKernel(emission), 'findNonFinite');
  return builder.finish(Math.ceil(emission.plan.byteLength / pageBytes));
}

function kernelCode(emission: Emission, kernel: Kernel): Assembler {
  switch (kernel.type) {
    case 'laneSums':
      return laneSumsKernel(emission);
    case 'matmul':
      return matmulKernel(emission, kernel);
    case 'pointwise':
      return pointwiseKernel(emission, kernel);
    case 'single':
      return singleKernel(emission, kernel);
  }
}

function singleKernel(emission: Emission, kernel: Kernel): Assembler {
  const { index, operation } = valueAt(emission.graph, kernel.heads[0]!);
  const parts = emission.map.copies.get(index);
  if (parts !== undefined) return copyKernel(emission, kernel, parts);
  switch (operation.op) {
    case 'weightGradient':
      return weightGradientKernel(emission, kernel);
    case 'product':
      return productKernel(emission, kernel);
    case 'sum':
    case 'max':
      return columnReductionKernel(emission, kernel);
    case 'total':
      return totalKernel(emission, kernel);
    case 'uniform':
      return uniformKernel(emission, kernel);
    default:
      throw new TypeError(`Cannot compile operation ${index}: no kernel for ${operation.op}`);
  }
}

/** run(groupCount): the body for every group of 8 sequences, then the sums and what follows from them. */
function runCode(emission: Emission, phases: readonly Phase[], functions: ReadonlyMap<Kernel, number>): Assembler {
  const code = new Assembler(1);
  const groupsLeft = 0;
  const slot = code.local();
  const time = code.local();
  const hasSums = code.local();
  const { clearedAccumulators: cleared, deferredAccumulators } = emission.plan;
  const deferred = emission.schedule.kernels.filter((kernel) => kernel.deferred);
  const runDeferred = (): void => {
    for (const kernel of deferred) code.get(hasSums).get(slot).call(functions.get(kernel)!);
    code.integer(0).set(slot).integer(1).set(hasSums);
  };
  code.zero(cleared.address, cleared.byteLength).get(groupsLeft).if().loop();
  for (const phase of phases) {
    for (const kernel of phase.kernels) clear(code, emission, { kernel, slot });
    const calls = (): void => {
      for (const kernel of phase.kernels) code.get(slot).get(time).call(functions.get(kernel)!);
    };
    const { rows, rowsPerCall } = phase;
    const last = rows - rowsPerCall;
    if (last === 0) {
      code.integer(0).set(time);
      calls();
    } else if (phase.reverse) code.repeat(time, { from: last, to: -rowsPerCall, step: -rowsPerCall }, calls);
    else code.repeat(time, { from: 0, to: rows, step: rowsPerCall }, calls);
  }
  code.integer(header.sequence).integer(header.sequence).loadInteger(0).integer(8).emit('i32.add').storeInteger(0);
  if (deferred.length > 0) {
    code.get(slot).integer(1).emit('i32.add').tee(slot).integer(deferredGroups).emit('i32.eq').if();
    runDeferred();
    code.end();
  }
  code.get(groupsLeft).integer(-1).emit('i32.add').tee(groupsLeft).branchIf(0).end();
  if (deferred.length > 0) {
    code.get(slot).if();
    runDeferred();
    code.end();
  }
  code.else().zero(deferredAccumulators.address, deferredAccumulators.byteLength).end();
  for (const kernel of emission.schedule.kernels) {
    if (kernel.stage === 'epilogue') code.integer(0).integer(0).call(functions.get(kernel)!);
  }
  return code;
}

/** Zeros what a kernel's results need to be zero: rows beyond the ends, sums over time, and what copies leave out. */
function clear(code: Assembler, emission: Emission, { kernel, slot }: { readonly kernel: Kernel; readonly slot: number }): void {
  for (const index of [...kernel.heads, ...kernel.operations]) {
    const value = valueAt(emission.graph, index);
    if (value.space !== 'sequence' || !isStored(emission, value)) continue;
    const base = emission.plan.bases.get(index)!;
    const stride = emission.plan.groupStrides.get(index) ?? 0;
    for (const [offset, byteLength] of clearedRanges(emission, value)) {
      code.integer(base + offset);
      if (stride !== 0) code.get(slot).integer(stride).emit('i32.mul', 'i32.add');
      code.integer(0).integer(byteLength).fillMemory();
    }
  }
}

function clearedRanges({ map }: Emission, value: Value): readonly (readonly [number, number])[] {
  const { rowStride, rows, guard } = map.panels.get(value.index)!;
  const rowBytes = value.columns * elementBytes;
  const { op } = value.operation;
  const ranges: (readonly [number, number])[] = [];
  for (let row = 1; row <= guard.before; row++) ranges.push([-row * rowStride, rowBytes]);
  for (let row = 0; row < guard.after; row++) ranges.push([(rows + row) * rowStride, rowBytes]);
  if (op === 'scan' && rows < value.rows) ranges.push([0, rowBytes]);
  if (op === 'sum' && value.rows === 1) ranges.push([0, rowBytes]);
  if (op === 'pad' || op === 'shift') ranges.push([0, (rows - 1) * rowStride + rowBytes]);
  return ranges;
}
