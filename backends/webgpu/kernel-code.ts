// The shader of a kernel: what one invocation does, around the code of elements.

import { type Operation, outputLayout, outputLength } from '../../tensor/index.js';
import { descending, joinLanes } from './contraction-code.js';
import { type Compilation, ElementCode, type Place } from './element-code.js';
import { plus, ShaderCode, type Word } from './shader-code.js';
import { sourceOf, wideLanes } from './shader-frame.js';
import { frameOf, invocationsOf, type Kernel } from './schedule.js';

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
  return sourceOf({ code, frame: frameOf(kernel), count, fault: compilation.fault });
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
function region(element: ElementCode, { graph }: Compilation, { values, isWide }: Kernel): void {
  const { code } = element;
  const first = element.value(values[0]!);
  const { rows } = first;
  const { reverse } = graph.program.regions[first.region!]!;
  code.loop(rows, (step) => {
    const row = reverse ? descending(element, rows, step) : step;
    for (const index of values) {
      const { columns } = element.value(index);
      if (isWide !== true) {
        code.loop(columns, (column) => store(element, index, { row, column }));
        continue;
      }
      code.stride({ from: 'first', to: columns, step: wideLanes }, (column) => store(element, index, { row, column }));
      // What other invocations of the workgroup have stored is read next.
      code.statement('storageBarrier();');
    }
  });
}
