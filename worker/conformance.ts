// The conformance vectors: every operation of the contract on fixed inputs. They hold no infinity, no NaN and no subnormal number,
// because machines differ there and the contract keeps programs away from them.

import {
  ProgramBuilder,
  threefry2x32,
  type Backend,
  type DeviceBackend,
  type Floats,
  type Key,
  type Microbatch,
  type Program,
  type Value,
} from '../tensor/index.js';

/** One operation, or one form of it, on fixed inputs. */
export interface ConformanceCase {
  readonly name: string;
  readonly program: Program;
}

/** What a case computes with: sequence-space x, y [7, 5] in (−4, 4), parameter-space w [3, 5], v [1, 5] in [−2, 2). */
interface Operands {
  readonly b: ProgramBuilder;
  readonly x: Value;
  readonly y: Value;
  readonly w: Value;
  readonly v: Value;
}

type Build = (operands: Operands) => Value;

const steps = 7;
const width = 5;
/** |y| + 1/2: a divisor, an argument of a root or a logarithm. */
const positive = ({ b, y }: Operands): Value => b.add(b.absolute(y), 0.5);
/** A square matrix for products with a triangle. */
const square = ({ b, x, y }: Operands): Value => b.product(x, y, 'nt');
/** x with every other column zero, of either sign. */
const withZeros = ({ b, x }: Operands): Value => b.multiply(x, b.table(1, width, [0, 1, 0, 1, 0]));

const elementwise: Readonly<Record<string, Build>> = {
  add: ({ b, x, y }) => b.add(x, y),
  subtract: ({ b, x, y }) => b.subtract(x, y),
  multiply: ({ b, x, y }) => b.multiply(x, y),
  divide: (o) => o.b.divide(o.x, positive(o)),
  minimum: (o) => o.b.minimum(withZeros(o), o.b.negate(withZeros(o))),
  maximum: (o) => o.b.maximum(withZeros(o), o.b.negate(withZeros(o))),
  less: ({ b, x, y }) => b.less(x, y),
  lessOrEqual: (o) => o.b.lessOrEqual(withZeros(o), o.b.negate(withZeros(o))),
  equal: (o) => o.b.equal(withZeros(o), o.b.negate(withZeros(o))),
  select: (o) => o.b.select(o.b.less(o.x, o.y), o.y, withZeros(o)),
  negate: (o) => o.b.negate(withZeros(o)),
  absolute: (o) => o.b.absolute(withZeros(o)),
  sqrt: (o) => o.b.sqrt(positive(o)),
  exp: ({ b, x }) => b.exp(b.multiply(x, 4)),
  log: (o) => o.b.log(o.b.multiply(positive(o), o.b.exp(o.x))),
  tanh: ({ b, x, y }) => b.tanh(b.multiply(x, y)),
  sigmoid: ({ b, x, y }) => b.sigmoid(b.multiply(x, y)),
  sin: ({ b, x, y }) => b.sin(b.multiply(x, y)),
  cos: ({ b, x, y }) => b.cos(b.multiply(x, y)),
  // Scaled so that values lie on both sides of 2^−51, and back.
  flush: ({ b, x }) => b.multiply(b.flush(b.multiply(x, 2 ** -52)), 2 ** 52),
  broadcast: ({ b, x, v }) => b.add(b.multiply(x, v), b.slice(x, { columns: 1 })),
  expand: ({ b, v }) => b.expand(v, steps, width),
};

const sources: Readonly<Record<string, Build>> = {
  uniform: ({ b }) => b.uniform(3, 3),
  normal: ({ b }) => b.normal(3, 3),
  iota: ({ b, x }) => b.multiply(b.multiply(x, b.iota(steps, 1, 'rows')), b.iota(1, width, 'columns')),
  table: ({ b, x }) => b.multiply(x, b.table(1, width, [1.5, -0.1, 3, -7, 0.3])),
};

const contractions: Readonly<Record<string, Build>> = {
  matmul: ({ b, x, w }) => b.matmul(x, w),
  matmulTransposed: ({ b, x, w }) => b.matmul(b.slice(x, { columns: 3 }), w, true),
  productNn: (o) => o.b.product(square(o), o.x, 'nn'),
  productNt: ({ b, x, y }) => b.product(x, y, 'nt'),
  productTn: ({ b, x, y }) => b.product(x, y, 'tn'),
  productOutputTriangle: ({ b, x, y }) => b.product(x, y, 'nt', 'output'),
  productLeftTriangle: (o) => o.b.product(square(o), o.x, 'nn', 'left'),
  productLeftTriangleTransposed: (o) => o.b.product(square(o), o.x, 'tn', 'left'),
  weightGradient: ({ b, x, y }) => b.weightGradient(b.slice(y, { columns: 3 }), x),
  sumOverColumns: ({ b, x }) => b.sum(x, 'columns'),
  sumOverRows: ({ b, x }) => b.sum(x, 'rows'),
  max: ({ b, x }) => b.max(x),
  total: ({ b, w }) => b.total(b.square(w)),
  batchSum: ({ b, x }) => b.batchSum(x),
};

const views: Readonly<Record<string, Build>> = {
  slice: ({ b, x }) => b.slice(x, { row: 2, column: 1, rows: 3, columns: 2 }),
  pad: ({ b, x }) => b.pad(x, { row: 1, column: 2, rows: 9, columns: 8 }),
  concatenateRows: ({ b, x, y }) => b.concatenate([x, y], 'rows'),
  concatenateColumns: ({ b, x, y }) => b.concatenate([x, y], 'columns'),
  reshape: ({ b, x }) => b.reshape(x, width, steps),
  transpose: ({ b, x }) => b.transpose(x),
  shift: ({ b, x }) => b.shift(x, 2),
  shiftBack: ({ b, x }) => b.shift(x, -2),
};

const recurrences: Readonly<Record<string, Build>> = {
  scan: ({ b, x, v }) => b.scan(b.multiply(v, 0.5), x),
  scanReverse: ({ b, x, y }) => b.scan(b.multiply(y, 0.25), x, true),
  region: (o) => denseRecurrence(o, false),
  regionReverse: (o) => denseRecurrence(o, true),
};

/** h[t] = tanh(x[t] W^T + h[t−1] · v[0…2]). */
function denseRecurrence({ b, x, w, v }: Operands, reverse: boolean): Value {
  const decay = b.multiply(b.slice(b.expand(v, 1, width), { columns: 3 }), 0.25);
  return b.region((scope) => {
    const state = scope.prev(steps, 3);
    const next = b.tanh(b.add(b.matmul(x, w), b.multiply(state, decay)));
    scope.set(state, next);
    return next;
  }, reverse);
}

/** Every case, in the order in which the proof digests them. */
export function conformanceCases(): readonly ConformanceCase[] {
  const builds = { ...sources, ...elementwise, ...contractions, ...views, ...recurrences };
  return Object.entries(builds).map(([name, build]) => ({ name, program: programOf(build) }));
}

function programOf(build: Build): Program {
  const b = new ProgramBuilder();
  const [w, v] = [b.input('w', 3, width), b.input('v', 1, width)];
  const spread = (value: Value): Value => b.multiply(b.subtract(value, 0.5), 8);
  const result = build({ b, x: spread(b.uniform(steps, width)), y: spread(b.uniform(steps, width)), w, v });
  b.output('result', result.space === 'sequence' ? b.batchSum(result, true) : result);
  return b.build();
}

const conformanceKey: Key = [0x5747_4c49, 0x4e47_0001];

/** Fixed numbers in [−2, 2), multiples of 2^−22. */
export function fixedVector(length: number, stream: number): Floats {
  return Float32Array.from({ length }, (_, index) => {
    const [word] = threefry2x32(conformanceKey, [stream, index]);
    return ((word >>> 8) - 2 ** 23) / 2 ** 22;
  });
}

/** The first `sequenceCount` sequences of the fixed key. */
const fixedMicrobatch = (sequenceCount: number): Microbatch => ({ key: conformanceKey, firstSequence: 0, sequenceCount });

/** The outputs of a program on fixed inputs and the first `sequenceCount` sequences. */
export function runFixed(backend: Backend, program: Program, sequenceCount: number): Floats {
  const executable = backend.compile(program);
  const outputs = new Float32Array(executable.outputLength);
  executable.load(fixedVector(executable.inputLength, 1));
  executable.run(fixedMicrobatch(sequenceCount), outputs);
  return outputs;
}

/** The same on a device. */
export async function runFixedOnDevice(device: DeviceBackend, program: Program, sequenceCount: number): Promise<Floats> {
  const executable = await device.compile(program);
  try {
    await executable.load(fixedVector(executable.inputLength, 1));
    return await executable.sum(fixedMicrobatch(sequenceCount), 1);
  } finally {
    executable.close();
  }
}
