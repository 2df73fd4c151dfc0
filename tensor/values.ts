// Shapes, spaces and stages of a program's values: what every operation accepts and what it gives.

import type { Operation, Program, TensorSpecification } from './program.js';
import { ProgramError } from './program-error.js';
import { checkDelay, checkRegion, checkTimeSteps, describeShape } from './region-rules.js';

/** Where a value lives: once per program or once per sequence. */
export type Space = 'parameter' | 'sequence';
/** When a value is computed: before, in or after the sequences of a microbatch. */
export type Stage = 'prologue' | 'body' | 'epilogue';

/** What is known of a value before it is computed. */
export interface ValueInformation {
  readonly space: Space;
  readonly rows: number;
  readonly columns: number;
  readonly stage: Stage;
  readonly region?: number;
}

/** Space, shape and stage of every value. Throws ProgramError at the first operation that does not fit its operands. */
export function inferValues(program: Program): readonly ValueInformation[] {
  const values: ValueInformation[] = [];
  program.operations.forEach((operation, index) => {
    values.push(inferValue(operation, { program, values, index }));
  });
  program.operations.forEach((operation, index) => {
    if (operation.op === 'delay') checkDelay(operation, index, values);
  });
  return values;
}

/** What is known where an operation is added. */
export interface Context {
  readonly program: Pick<Program, 'inputs' | 'regions'>;
  readonly values: readonly ValueInformation[];
  readonly index: number;
}

/** Space, shape and stage of one value, given those before it. */
export function inferValue(operation: Operation, context: Context): ValueInformation {
  const operands = operandsOf(operation, context);
  const fail = shapeFailure(operation, context.index, operands);
  if (operation.region !== undefined) checkRegion(operation, operands, context);
  const shape = shapeOf(operation, operands, { inputs: context.program.inputs, fail });
  if (operation.region !== undefined) checkTimeSteps(operation, shape, context);
  const space = spaceOf(operation, operands);
  const stage = space === 'sequence' ? 'body' : parameterStage(operation, operands);
  const base = { space, rows: shape.rows, columns: shape.columns, stage };
  return operation.region === undefined ? base : { ...base, region: operation.region };
}

function operandsOf(operation: Operation, { values, index }: Context): ValueInformation[] {
  if (!('of' in operation) || operation.op === 'delay') return [];
  return operation.of.map((operand) => {
    const value = operand < index ? values[operand] : undefined;
    if (value === undefined) {
      throw new ProgramError(
        'program-malformed',
        `Cannot accept operation ${index} (${operation.op}): operand ${operand} found, an earlier operation wanted`,
      );
    }
    return value;
  });
}

type Fail = (wanted: string, code?: 'program-shape' | 'program-stage') => never;

function shapeFailure(operation: Operation, index: number, operands: readonly ValueInformation[]): Fail {
  return (wanted, code = 'program-shape') => {
    const found = operands.map((value) => `${value.space} ${describeShape(value)}`).join(' and ');
    throw new ProgramError(
      code,
      `Cannot accept operation ${index} (${operation.op}): ${found || 'nothing'} found, ${wanted} wanted`,
    );
  };
}

function spaceOf(operation: Operation, operands: readonly ValueInformation[]): Space {
  switch (operation.op) {
    case 'uniform':
    case 'expand':
    case 'delay':
      return 'sequence';
    case 'weightGradient':
    case 'batchSum':
      return 'parameter';
    default:
      return operands.some((value) => value.space === 'sequence') ? 'sequence' : 'parameter';
  }
}

function parameterStage(operation: Operation, operands: readonly ValueInformation[]): Stage {
  if (operation.op === 'weightGradient' || operation.op === 'batchSum') return 'epilogue';
  return operands.some((value) => value.stage === 'epilogue') ? 'epilogue' : 'prologue';
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
}

interface ShapeContext {
  readonly inputs: readonly TensorSpecification[];
  readonly fail: Fail;
}

function shapeOf(operation: Operation, operands: readonly ValueInformation[], { inputs, fail }: ShapeContext): Shape {
  switch (operation.op) {
    case 'input': {
      const input = inputs[operation.input];
      return input ?? fail(`an input index below ${inputs.length}, not ${operation.input},`);
    }
    case 'table':
      if (operation.bits.length !== operation.rows * operation.columns) fail(`${operation.rows * operation.columns} elements`);
      return operation;
    case 'constant':
    case 'iota':
    case 'uniform':
    case 'delay':
      return operation;
    case 'weightGradient':
    case 'matmul':
    case 'product':
      return contractionShape(operation, operands, fail);
    case 'expand':
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'reshape':
    case 'transpose':
    case 'shift':
      return viewShape(operation, operands, fail);
    case 'sum':
    case 'max':
    case 'total':
    case 'batchSum':
      return reductionShape(operation, operands, fail);
    case 'scan': {
      const [decay, input] = pair(operands);
      if (decay.stage === 'epilogue') fail('a decay that is known inside a sequence', 'program-stage');
      const shape = broadcastShape([decay, input], fail);
      if (input.space !== 'sequence' || shape.rows !== input.rows || shape.columns !== input.columns) {
        fail('a decay that broadcasts to the sequence-space input');
      }
      return input;
    }
    default:
      return elementwiseShape(operands, fail);
  }
}

function elementwiseShape(operands: readonly ValueInformation[], fail: Fail): Shape {
  const stages = new Set(operands.map((value) => value.stage));
  if (stages.has('body') && stages.has('epilogue'))
    fail('operands of one stage (sums are not known inside a sequence)', 'program-stage');
  return broadcastShape(operands, fail);
}

function pair(operands: readonly ValueInformation[]): readonly [ValueInformation, ValueInformation] {
  const [first, second] = operands;
  if (first === undefined || second === undefined) throw new TypeError('Cannot infer a shape: fewer than two operands found');
  return [first, second];
}

function broadcastShape(operands: readonly Shape[], fail: Fail): Shape {
  const rows = Math.max(...operands.map((value) => value.rows));
  const columns = Math.max(...operands.map((value) => value.columns));
  for (const value of operands) {
    const fits = (value.rows === rows || value.rows === 1) && (value.columns === columns || value.columns === 1);
    if (!fits) fail('shapes that are equal or 1 in each dimension');
  }
  return { rows, columns };
}

function contractionShape(
  operation: Operation & { readonly op: 'weightGradient' | 'matmul' | 'product' },
  operands: readonly ValueInformation[],
  fail: Fail,
): Shape {
  const [a, b] = pair(operands);
  if (a.space !== 'sequence') fail('a sequence-space left operand', 'program-stage');
  switch (operation.op) {
    case 'matmul': {
      if (b.stage !== 'prologue') fail('a right operand that depends on parameters alone', 'program-stage');
      const inner = operation.transposed ? b.rows : b.columns;
      if (a.columns !== inner) fail(`${inner} columns on the left`);
      return { rows: a.rows, columns: operation.transposed ? b.columns : b.rows };
    }
    case 'product':
      if (b.space !== 'sequence') fail('a sequence-space right operand', 'program-stage');
      return productShape(operation, [a, b], fail);
    case 'weightGradient':
      if (b.space !== 'sequence') fail('a sequence-space right operand', 'program-stage');
      if (a.rows !== b.rows) fail('equal numbers of rows');
      return { rows: a.columns, columns: b.columns };
  }
}

function productShape(
  { form, triangle }: Operation & { readonly op: 'product' },
  [a, b]: readonly [Shape, Shape],
  fail: Fail,
): Shape {
  const inner: readonly [number, number] =
    form === 'nn' ? [a.columns, b.rows] : form === 'nt' ? [a.columns, b.columns] : [a.rows, b.rows];
  if (inner[0] !== inner[1]) fail(`an inner dimension of equal size (form ${form})`);
  const shape = { rows: form === 'tn' ? a.columns : a.rows, columns: form === 'nt' ? b.rows : b.columns };
  if (triangle === 'output' && (form !== 'nt' || shape.rows !== shape.columns)) fail('a square nt product for triangle output');
  if (triangle === 'left' && (form === 'nt' || a.rows !== a.columns))
    fail('a square left operand of an nn or tn product for triangle left');
  return shape;
}

function reductionShape(
  operation: Operation & { readonly op: 'sum' | 'max' | 'total' | 'batchSum' },
  operands: readonly ValueInformation[],
  fail: Fail,
): Shape {
  const [value] = operands;
  if (value === undefined) return fail('one operand');
  switch (operation.op) {
    case 'total':
      if (value.space !== 'parameter') fail('a parameter-space operand', 'program-stage');
      return { rows: 1, columns: 1 };
    case 'max':
      if (value.space !== 'sequence') fail('a sequence-space operand', 'program-stage');
      return { rows: value.rows, columns: 1 };
    case 'sum':
      if (value.space !== 'sequence') fail('a sequence-space operand', 'program-stage');
      return operation.axis === 'columns' ? { rows: value.rows, columns: 1 } : { rows: 1, columns: value.columns };
    case 'batchSum':
      if (value.space !== 'sequence') fail('a sequence-space operand', 'program-stage');
      return { rows: operation.keepRows ? value.rows : 1, columns: value.columns };
  }
}

type ShapedView = Operation & {
  readonly op: 'expand' | 'slice' | 'pad' | 'concatenate' | 'reshape' | 'transpose' | 'shift';
};

function viewShape(operation: ShapedView, operands: readonly ValueInformation[], fail: Fail): Shape {
  const [value] = operands;
  if (value === undefined) return fail('an operand');
  if (operation.op === 'expand') {
    if (value.stage !== 'prologue') fail('an operand that depends on parameters alone', 'program-stage');
    const fits = [1, operation.rows].includes(value.rows) && [1, operation.columns].includes(value.columns);
    return fits ? operation : fail(`a shape that broadcasts to ${describeShape(operation)}`);
  }
  if (operands.some((operand) => operand.space !== 'sequence')) fail('sequence-space operands', 'program-stage');
  switch (operation.op) {
    case 'slice':
      return isWindow(operation, value) ? operation : fail(`a window ${describeWindow(operation)} inside the operand`);
    case 'pad':
      return isWindow({ row: operation.row, column: operation.column, rows: value.rows, columns: value.columns }, operation)
        ? operation
        : fail(`an operand that fits at (${operation.row}, ${operation.column}) in ${describeShape(operation)}`);
    case 'reshape':
      return operation.rows * operation.columns === value.rows * value.columns
        ? operation
        : fail(`as many elements as ${describeShape(operation)} has`);
    case 'transpose':
      return { rows: value.columns, columns: value.rows };
    case 'shift':
      return value;
    case 'concatenate': {
      const along = operation.axis;
      const across = along === 'rows' ? 'columns' : 'rows';
      if (operands.some((operand) => operand[across] !== value[across])) fail(`equal numbers of ${across}`);
      const size = operands.reduce((sum, operand) => sum + operand[along], 0);
      return along === 'rows' ? { rows: size, columns: value.columns } : { rows: value.rows, columns: size };
    }
  }
}

interface Window extends Shape {
  readonly row: number;
  readonly column: number;
}

const isWindow = (window: Window, outer: Shape): boolean =>
  window.row + window.rows <= outer.rows && window.column + window.columns <= outer.columns;

const describeWindow = (window: Window): string => `${describeShape(window)} at (${window.row}, ${window.column})`;
