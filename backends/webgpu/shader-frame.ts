// What surrounds the code of every kernel: memory, the task, the shield, and which element of which sequence an invocation works on.

import type { Stage } from '../../tensor/index.js';
import type { ArithmeticFault } from './options.js';
import type { ShaderCode } from './shader-code.js';
import { functionTexts } from './shader-functions.js';

/** Invocations of a workgroup. */
const groupSize = 64;
/** Sequences of a workgroup that works on a wide region, and its invocations for each of them. */
const tileSequences = 8;
/** Invocations for each sequence of a wide region. */
export const wideLanes = 32;
const wideGroupSize = tileSequences * wideLanes;

/** Invocations of a workgroup in this frame. */
export const groupSizeOf = (frame: ShaderFrame): number => (frame === 'wide' ? wideGroupSize : groupSize);

/** What a shader knows at run time; `task` in WGSL, in this order. */
export const taskFields = [
  'zero',
  'sequences',
  'microbatches',
  'groups',
  'firstSequence',
  'key0',
  'key1',
  'slot',
  'span',
] as const;
/** The numbers of a dispatch: unsigned words. */
export type Task = Readonly<Record<(typeof taskFields)[number], number>>;

/** Words that a shader's source starts with: memory, the task, and the shield of every rounded result. */
const prelude = `
struct Task { ${taskFields.map((field) => `${field}: u32`).join(', ')} }
@group(0) @binding(0) var<storage, read_write> prologue: array<u32>;
@group(0) @binding(1) var<storage, read_write> body: array<u32>;
@group(0) @binding(2) var<storage, read_write> epilogue: array<u32>;
@group(0) @binding(3) var<storage, read_write> outputs: array<u32>;
@group(0) @binding(4) var<uniform> task: Task;
fn float(x: u32) -> f32 { return bitcast<f32>(x); }`;
const shield = 'fn rounded(x: f32) -> u32 { return bitcast<u32>(x) ^ task.zero; }';
const noShield = 'fn rounded(x: f32) -> u32 { return bitcast<u32>(x); }';

/** Around the body: which element, and of which sequence or microbatch. */
const frames: Readonly<Record<Stage | 'wide' | 'tree', (count: number) => string>> = {
  prologue: (count) => `let element = invocation; if (element >= ${count}u) { return; }`,
  body: (count) => `let element = invocation / task.sequences; let sequence = invocation % task.sequences;
if (element >= ${count}u) { return; }`,
  // The condition is the same for a whole workgroup, as barriers demand.
  wide: () => `if (workgroup * ${tileSequences}u >= task.sequences) { return; }
let sequence = workgroup * ${tileSequences}u + lane % ${tileSequences}u;
let first = lane / ${tileSequences}u;`,
  epilogue: (count) => `let microbatch = invocation / ${count}u; let element = invocation % ${count}u;
if (microbatch >= task.microbatches) { return; }`,
  tree: (count) => `let pair = invocation / ${count}u; let element = invocation % ${count}u;
if (pair >= task.microbatches) { return; }`,
};

/** What surrounds the code of a kernel: which element of what an invocation works on. */
export type ShaderFrame = keyof typeof frames;

/** A kernel's code and what surrounds it. */
export interface Shader {
  readonly code: ShaderCode;
  readonly frame: ShaderFrame;
  /** Elements of a program, of a sequence or of a microbatch. */
  readonly count: number;
  readonly fault: ArithmeticFault | undefined;
}

/** The whole text of a shader. */
export function sourceOf({ code, frame, count, fault }: Shader): string {
  const size = groupSizeOf(frame);
  return `${prelude}
${fault === 'contraction' ? noShield : shield}
${functionTexts(code.functions, fault)}
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) size: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
let workgroup = group.y * size.x + group.x;
let invocation = workgroup * ${size}u + lane;
${frames[frame](count)}
${code.text}
}`;
}
