// Sums and maxima over one dimension, by one invocation in the contract's order: one accumulator from +0, each product and each sum rounded.

import { maximum, type Operation } from '../../tensor/index.js';
import type { ElementCode, Place } from './element-code.js';
import { plus, type Word } from './shader-code.js';

/** Operations that read a whole row or column of an operand. */
export type Contraction = Extract<Operation, { readonly op: 'matmul' | 'product' | 'sum' | 'max' | 'total' }>;

/** The element of a contraction at a place. */
export function contraction(element: ElementCode, operation: Contraction, place: Place): Word {
  const { code, lanes } = element;
  const [first] = operation.of;
  const x = element.value(first);
  switch (operation.op) {
    case 'matmul':
      return matmul(element, operation, place);
    case 'product':
      return product(element, operation, place);
    case 'sum': {
      const sum = code.variable('0u');
      const [isRow, count] = operation.axis === 'columns' ? [true, x.columns] : [false, x.rows];
      code.loop(count, (k) => {
        const at = isRow ? { row: place.row, column: k } : { row: descending(element, count, k), column: place.column };
        code.statement(`${sum} = ${lanes.add(sum, element.read(first, at))};`);
      });
      return sum;
    }
    case 'max': {
      const largest = code.variable(element.read(first, { row: place.row, column: '0u' }));
      if (x.columns === 1) return largest;
      code.loop(x.columns - 1, (k) => {
        const column = code.let(plus(k, 1));
        code.statement(`${largest} = ${maximum(lanes, largest, element.read(first, { row: place.row, column }))};`);
      });
      return largest;
    }
    case 'total':
      return total(element, first);
  }
}

/** The index of time step k from the end. */
export const descending = ({ code }: ElementCode, count: number, k: Word): Word =>
  count === 1 ? '0u' : code.let(`${count - 1}u - ${k}`);

/** (s0 + s1) + (s2 + s3). */
export function joinLanes({ lanes }: ElementCode, sums: readonly Word[]): Word {
  const [s0, s1, s2, s3] = sums as unknown as readonly [Word, Word, Word, Word];
  return lanes.add(lanes.add(s0, s1), lanes.add(s2, s3));
}

function matmul(
  element: ElementCode,
  { of: [left, right], transposed }: Extract<Contraction, { readonly op: 'matmul' }>,
  { row, column }: Place,
): Word {
  const { code, lanes } = element;
  const sum = code.variable('0u');
  code.loop(element.value(left).columns, (k) => {
    const weight = element.read(right, transposed ? { row: k, column } : { row: column, column: k });
    const product = lanes.multiply(weight, element.read(left, { row, column: k }));
    code.statement(`${sum} = ${lanes.add(sum, product)};`);
  });
  return sum;
}

function product(
  element: ElementCode,
  { of: [left, right], form, triangle }: Extract<Contraction, { readonly op: 'product' }>,
  { row: m, column: n }: Place,
): Word {
  const { code, lanes } = element;
  const x = element.value(left);
  const sum = code.variable('0u');
  const inner = form === 'tn' ? x.rows : x.columns;
  const from = triangle === 'left' && form === 'tn' ? m : '0u';
  const to = triangle === 'left' && form === 'nn' ? `${m} + 1u` : `${inner}u`;
  const condition = triangle === 'output' ? `${n} <= ${m}` : 'true';
  code.block(`if (${condition})`, () => {
    const k = code.name('i');
    code.block(`for (var ${k} = ${from}; ${k} < ${to}; ${k}++)`, () => {
      const a = element.read(left, form === 'tn' ? { row: k, column: m } : { row: m, column: k });
      const b = element.read(right, form === 'nt' ? { row: n, column: k } : { row: k, column: n });
      code.statement(`${sum} = ${lanes.add(sum, lanes.multiply(a, b))};`);
    });
  });
  return sum;
}

/** Four accumulators for the elements i, i + 4, i + 8, …, row by row. */
function total(element: ElementCode, operand: number): Word {
  const { code, lanes } = element;
  const { rows, columns } = element.value(operand);
  const sums = Array.from({ length: 4 }, () => code.variable('0u'));
  code.loop(Math.ceil((rows * columns) / 4), (k) => {
    sums.forEach((sum, lane) => {
      const flat = code.let(`${k} * 4u + ${lane}u`);
      code.block(`if (${flat} < ${rows * columns}u)`, () => {
        const at = { row: code.let(`${flat} / ${columns}u`), column: code.let(`${flat} % ${columns}u`) };
        code.statement(`${sum} = ${lanes.add(sum, element.read(operand, at))};`);
      });
    });
  });
  return joinLanes(element, sums);
}
