// The shader of a kernel: what one invocation does, around the code of elements.

import { type Operation, outputLayout, outputLength, type Stage } from '../../tensor/index.js';
import { descending, joinLanes } from './contraction-code.js';
import { type Compilation, ElementCode, type Place } from './element-code.js';
import { plus, ShaderCode, type Word } from './shader-code.js';
import { functionTexts } from './shader-functions.js';
import { invocationsOf, type Kernel } from './schedule.js';

/** Invocations of a workgroup. */
export const workgroupSize = 64;

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
const frames: Readonly<Record<Stage | 'tree', (count: number) => string>> = {
  prologue: (count) => `let element = invocation; if (element >= ${count}u) { return; }`,
  body: (count) => `let element = invocation / task.sequences; let sequence = invocation % task.sequences;
if (element >= ${count}u) { return; }`,
  epilogue: (count) => `let microbatch = invocation / ${count}u; let element = invocation % ${count}u;
if (microbatch >= task.microbatches) { return; }`,
  tree: (count) => `let pair = invocation / ${count}u; let element = invocation % ${count}u;
if (pair >= task.microbatches) { return; }`,
};

interface Shader {
  readonly code: ShaderCode;
  readonly frame: keyof typeof frames;
  readonly count: number;
  readonly fault: Compilation['fault'];
}

function sourceOf({ code, frame, count, fault }: Shader): string {
  return `${prelude}
${fault === 'contraction' ? noShield : shield}
${functionTexts(code.functions, fault)}
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) size: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
let invocation = (group.y * size.x + group.x) * ${workgroupSize}u + lane;
${frames[frame](count)}
${code.text}
}`;
}

/** The WGSL of a kernel. */
export function kernelSource(compilation: Compilation, kernel: Kernel): string {
  const code = new ShaderCode();
  const element = new ElementCode(compilation, code);
  const [index] = kernel.values as readonly [number, ...number[]];
  switch (kernel.type) {
    case 'map':
      store(element, index, placeOf(element, index));
      break;
    case 'scan':
      scan(element, index);
      break;
    case 'uniform':
      uniform(element, index);
      break;
    case 'sink':
      sink(element, index);
      break;
    case 'region':
      region(element, compilation, kernel);
      break;
    case 'output': {
      const { program } = compilation.graph;
      const { offset } = outputLayout(program)[kernel.output!]!;
      const word = element.read(index, placeOf(element, index));
      code.statement(`outputs[(task.slot + microbatch) * ${outputLength(program)}u + ${plus('element', offset)}] = ${word};`);
    }
  }
  const count = invocationsOf(compilation.graph, kernel);
  return sourceOf({ code, frame: kernel.stage, count, fault: compilation.fault });
}

/** outputs[slot + 2 · span · pair] += outputs[that + span]: how the sums of two siblings become their parent's. */
export function treeSource(outputLength: number): string {
  const code = new ShaderCode();
  const at = code.let(`(task.slot + pair * 2u * task.span) * ${outputLength}u + element`);
  code.statement(`outputs[${at}] = rounded(float(outputs[${at}]) + float(outputs[${at} + task.span * ${outputLength}u]));`);
  return sourceOf({ code, frame: 'tree', count: outputLength, fault: undefined });
}

/** The place of the invocation's element. */
function placeOf(element: ElementCode, index: number): Place {
  const { rows, columns } = element.value(index);
  if (rows === 1) return { row: '0u', column: 'element' };
  if (columns === 1) return { row: 'element', column: '0u' };
  return { row: element.code.let(`element / ${columns}u`), column: element.code.let(`element % ${columns}u`) };
}

function store(element: ElementCode, index: number, place: Place): void {
  const word = element.compute(index, place);
  element.code.statement(`${element.reference(index, place)} = ${word};`);
}

type OperationOf<Name extends Operation['op']> = Extract<Operation, { readonly op: Name }>;

function scan(element: ElementCode, index: number): void {
  const { code, lanes } = element;
  const { operation, rows } = element.value(index);
  const { of, reverse } = operation as OperationOf<'scan'>;
  const state = code.variable('0u');
  code.loop(rows, (step) => {
    const place = { row: reverse ? descending(element, rows, step) : step, column: 'element' };
    const [decay, input] = [element.read(of[0], place), element.read(of[1], place)];
    code.statement(`${state} = ${element.flush(lanes.add(input, lanes.multiply(decay, state)), -51)};`);
    code.statement(`${element.reference(index, place)} = ${state};`);
  });
}

/** Two elements of one draw: the generator gives two words at a time. */
function uniform(element: ElementCode, index: number): void {
  const { code } = element;
  const { operation, rows, columns } = element.value(index);
  const { draw } = operation as OperationOf<'uniform'>;
  const words = code.call('random', 'task.firstSequence + sequence', `element + ${draw}u`);
  ['x', 'y'].forEach((half, offset) => {
    const flat = code.let(`element * 2u + ${offset}u`);
    code.block(`if (${flat} < ${rows * columns}u)`, () => {
      const place = { row: code.let(`${flat} / ${columns}u`), column: code.let(`${flat} % ${columns}u`) };
      code.statement(`${element.reference(index, place)} = ${code.call('portable_uniform', `${words}.${half}`)};`);
    });
  });
}

/** Four accumulators over groups of 8 sequences ascending, time descending, the group's first half and then its second. */
function sink(element: ElementCode, index: number): void {
  const { code, lanes } = element;
  const { operation } = element.value(index);
  const { rows } = element.value((operation as OperationOf<'batchSum'>).of[0]);
  const place = placeOf(element, index);
  const isKept = operation.op === 'batchSum' && operation.keepRows;
  const sums = Array.from({ length: 4 }, () => code.variable('0u'));
  code.loop('task.groups', (group) => {
    code.loop(isKept ? 1 : rows, (step) => {
      const row = isKept ? place.row : descending(element, rows, step);
      code.loop(2, (half) => {
        const first = code.let(`(microbatch * task.groups + ${group}) * 8u + ${half} * 4u`);
        sums.forEach((sum, lane) => {
          element.sequence = plus(first, lane);
          const term = termOf(element, operation as OperationOf<'weightGradient' | 'batchSum'>, { row, place });
          code.statement(`${sum} = ${lanes.add(sum, term)};`);
        });
      });
    });
  });
  code.statement(`${element.reference(index, place)} = ${joinLanes(element, sums)};`);
}

function termOf(
  element: ElementCode,
  operation: OperationOf<'weightGradient' | 'batchSum'>,
  { row, place }: { readonly row: Word; readonly place: Place },
): Word {
  if (operation.op === 'batchSum') return element.read(operation.of[0], { row, column: place.column });
  const dy = element.read(operation.of[0], { row, column: place.row });
  return element.lanes.multiply(dy, element.read(operation.of[1], { row, column: place.column }));
}

/** A sequence's time steps one after the other: each operation of the region stores its row. */
function region(element: ElementCode, { graph }: Compilation, { values }: Kernel): void {
  const { code } = element;
  const first = element.value(values[0]!);
  const { rows } = first;
  const { reverse } = graph.program.regions[first.region!]!;
  code.loop(rows, (step) => {
    const row = reverse ? descending(element, rows, step) : step;
    for (const index of values) {
      code.loop(element.value(index).columns, (column) => store(element, index, { row, column }));
    }
  });
}
