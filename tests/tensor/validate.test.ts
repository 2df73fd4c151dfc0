// Programs from outside: valid, or refused with a ProgramError; never anything else.

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import {
  canonicalBytes,
  defaultLimits,
  enforceLimits,
  interpreter,
  parseProgramBytes,
  ProgramError,
  validateProgram,
  type Program,
  type ProgramErrorCode,
  type ProgramLimits,
} from '../../tensor/index.js';
import { eight, editable, programOf } from './programs.js';
import { lstmGradient, potpourri } from './sample-programs.js';

const samples = [lstmGradient, potpourri];

/** What refusing gives: a code, or nothing. */
function codeOf(attempt: () => unknown): ProgramErrorCode | undefined {
  try {
    attempt();
  } catch (error) {
    // Anything but a ProgramError is a defect.
    if (!(error instanceof ProgramError)) throw error;
    expect(error.message).toMatch(/^Cannot accept (program|operation)/);
    expect(error.message.length).toBeLessThan(600);
    return error.code;
  }
  return undefined;
}

const validate = (value: unknown, limits: ProgramLimits = defaultLimits): ProgramErrorCode | undefined =>
  codeOf(() => validateProgram(value, limits));

const parseText = (text: string): ProgramErrorCode | undefined =>
  codeOf(() => parseProgramBytes(Uint8Array.from(text, (character) => character.charCodeAt(0))));

test.each(samples)('validateProgram() accepts what the builder made, unchanged', (program) => {
  expect(validateProgram(editable(program), defaultLimits)).toEqual(program);
});

type Edit = readonly [string, (program: Editable) => void];

interface Editable {
  [key: string]: unknown;
  inputs: Record<string, unknown>[];
  outputs: Record<string, unknown>[];
  regions: Record<string, unknown>[];
  operations: Record<string, unknown>[];
}

const find = (program: Editable, op: string): Record<string, unknown> =>
  program.operations.find((operation) => operation['op'] === op)!;

const malformed: readonly Edit[] = [
  ['another version', (p) => (p['version'] = 2)],
  ['a version as text', (p) => (p['version'] = '1')],
  ['an unknown field', (p) => (p['author'] = 'me')],
  ['a missing field', (p) => Reflect.deleteProperty(p, 'regions')],
  ['operations that are no list', (p) => (p['operations'] = {} as never)],
  ['an input that is no object', (p) => (p.inputs[0] = 7 as never)],
  ['an input without a name', (p) => delete p.inputs[0]!['name']],
  ['an empty name', (p) => (p.inputs[0]!['name'] = '')],
  ['a name with a space', (p) => (p.inputs[0]!['name'] = 'a b')],
  ['a name in another script', (p) => (p.inputs[0]!['name'] = 'λ')],
  ['a name that is too long', (p) => (p.inputs[0]!['name'] = 'a'.repeat(129))],
  ['a name twice', (p) => (p.outputs[1]!['name'] = p.outputs[0]!['name'])],
  ['a size of 0', (p) => (p.inputs[0]!['rows'] = 0)],
  ['a size of 1.5', (p) => (p.inputs[0]!['rows'] = 1.5)],
  ['a size of 2^24 + 1', (p) => (p.inputs[0]!['rows'] = 2 ** 24 + 1)],
  ['a size as text', (p) => (p.inputs[0]!['rows'] = '2')],
  ['a size of NaN', (p) => (p.inputs[0]!['rows'] = Number.NaN)],
  ['a size as a big integer', (p) => (p.inputs[0]!['rows'] = 2n)],
  ['a region that is neither true nor false', (p) => (p.regions[0] = { reverse: 1 })],
  ['a region with an unknown field', (p) => (p.regions[0] = { reverse: true, color: 'red' })],
  ['an output of no operation', (p) => (p.outputs[0]!['value'] = 100_000)],
  ['an output of −0', (p) => (p.outputs[0]!['value'] = -0)],
  ['an unknown operation', (p) => (p.operations[0]!['op'] = 'fma')],
  ['an operation named constructor', (p) => (p.operations[0]!['op'] = 'constructor')],
  ['an operation named __proto__', (p) => (p.operations[0]!['op'] = '__proto__')],
  ['an operation named toString', (p) => (p.operations[0]!['op'] = 'toString')],
  ['an operation that is a list', (p) => (p.operations[0] = [] as never)],
  ['an operation that is null', (p) => (p.operations[0] = null as never)],
  ['an operation with a field of another', (p) => (find(p, 'flush')['axis'] = 'rows')],
  ['an operation without its operands', (p) => delete find(p, 'multiply')['of']],
  ['too few operands', (p) => (find(p, 'multiply')['of'] = [0])],
  ['too many operands', (p) => (find(p, 'multiply')['of'] = [0, 0, 0])],
  ['an operand that is text', (p) => (find(p, 'multiply')['of'] = ['0', 0])],
  ['an operand of −1', (p) => (find(p, 'multiply')['of'] = [-1, 0])],
  ['an operand of −0', (p) => (find(p, 'multiply')['of'] = [-0, 0])],
  ['an operand of no operation', (p) => (find(p, 'multiply')['of'] = [0, p.operations.length])],
  ['an operand that comes later', (p) => (p.operations[2] = { op: 'negate', of: [3] })],
  ['an operand that is itself', (p) => (p.operations[2] = { op: 'negate', of: [2] })],
  ['bits that are negative', (p) => (find(p, 'constant')['bits'] = -1)],
  ['bits of more than 32', (p) => (find(p, 'constant')['bits'] = 2 ** 32)],
  ['a threshold of 2^0', (p) => (find(p, 'flush')['exponent'] = 0)],
  ['a threshold of 2^−121', (p) => (find(p, 'flush')['exponent'] = -121)],
  ['a flag that is a number', (p) => (find(p, 'matmul')['transposed'] = 0)],
  ['a region that is text', (p) => (p.operations[0]!['region'] = '0')],
  ['a region of −1', (p) => (p.operations[0]!['region'] = -1)],
];

test.each(malformed)('validateProgram() refuses %s', (_, edit) => {
  const program = editable(lstmGradient) as Editable;
  edit(program);
  expect(validate(program)).toBe('program-malformed');
});

const malformedVariety: readonly Edit[] = [
  ['a choice that is none', (p) => (find(p, 'product')['form'] = 'tt')],
  ['a triangle that is none', (p) => (find(p, 'product')['triangle'] = 'upper')],
  ['an axis that is none', (p) => (find(p, 'concatenate')['axis'] = 'time')],
  ['a concatenation of nothing', (p) => (find(p, 'concatenate')['of'] = [])],
  ['a concatenation of too much', (p) => (find(p, 'concatenate')['of'] = Array.from({ length: 257 }, () => 0))],
  ['a draw that is too late', (p) => (find(p, 'uniform')['draw'] = 2 ** 31 + 1)],
  ['a table of text', (p) => (find(p, 'table')['bits'] = '123456')],
  ['a table of fractions', (p) => (find(p, 'table')['bits'] = [0.5, 0, 0, 0, 0, 0])],
  ['a shift by a fraction', (p) => (find(p, 'shift')['by'] = 0.5)],
];

test.each(malformedVariety)('validateProgram() refuses %s', (_, edit) => {
  const program = editable(potpourri) as Editable;
  edit(program);
  expect(validate(program)).toBe('program-malformed');
});

test.each([[null], [undefined], [7], ['program'], [[]], [{}], [Symbol('program')], [10n], [() => 0]])(
  'validateProgram() refuses %s',
  (value) => {
    expect(validate(value)).toBe('program-malformed');
  },
);

test('validateProgram() refuses a value that contains itself', () => {
  const program = editable(potpourri) as Editable;
  program['version'] = program;
  expect(validate(program)).toBe('program-malformed');
});

test('validateProgram() takes no field from a prototype', () => {
  expect(validate(Object.create(editable(potpourri)))).toBe('program-malformed');
});

test('validateProgram() refuses an output that is a sequence', () => {
  const program = editable(potpourri) as Editable;
  program.outputs[0]!['value'] = program.operations.findIndex(({ op }) => op === 'uniform');
  expect(validate(program)).toBe('program-stage');
});

describe('parseProgramBytes()', () => {
  test.each(samples)('gives back what canonicalBytes() wrote', (program) => {
    const bytes = canonicalBytes(program);
    expect(parseProgramBytes(bytes)).toEqual(program);
    expect(canonicalBytes(parseProgramBytes(bytes))).toEqual(bytes);
  });

  test('does not depend on the order of fields in memory', () => {
    const { operations, version, ...rest } = potpourri;
    const turned = operations.map((operation) => Object.fromEntries(Object.entries(operation).reverse()));
    expect(canonicalBytes({ ...rest, operations: turned, version } as unknown as Program)).toEqual(canonicalBytes(potpourri));
  });

  const text = String.fromCharCode(...canonicalBytes(potpourri));
  test.each([
    ['spaces', ` ${text}`],
    ['another order of fields', `{"version":1,${text.slice(1).replace(',"version":1}', '}')}`],
    ['1.0 for 1', text.replace('"version":1', '"version":1.0')],
    ['1e0 for 1', text.replace('"version":1', '"version":1e0')],
    ['−0 for 0', text.replace('"input":0', '"input":-0')],
    ['an escape in a name', text.replace('"name":"p"', '"name":"\\u0070"')],
    ['a field twice', text.replace('"version":1', '"version":1,"version":1')],
    ['a field __proto__', text.replace('"version":1', '"version":1,"__proto__":{}')],
    ['a field __proto__ in an operation', text.replace('"op":"flush"', '"op":"flush","__proto__":{"region":0}')],
    ['more after the end', `${text}{}`],
    ['half a program', text.slice(0, text.length / 2)],
    ['nothing', ''],
    ['bytes that are no text', '\u00ff\u0000'],
    ['a very deep list', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a very deep object', `${'{"version":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ])('refuses %s', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(parseText(changed)).toBe('program-malformed');
  });

  test('refuses too many bytes before it reads them', () => {
    const bytes = canonicalBytes(potpourri);
    expect(codeOf(() => parseProgramBytes(bytes, { ...defaultLimits, bytes: bytes.length - 1 }))).toBe('program-over-limit');
    expect(codeOf(() => parseProgramBytes(bytes, { ...defaultLimits, bytes: bytes.length }))).toBeUndefined();
  });
});

test('canonicalBytes() refuses a name that is not ASCII', () => {
  const named = { ...potpourri, inputs: [{ name: 'λ', rows: 2, columns: 3 }] };
  expect(() => canonicalBytes(named)).toThrow(ProgramError);
});

describe('every limit holds', () => {
  const { limits, exact } = measured();

  test.each(limits)('%s', (name, value) => {
    expect(validate(editable(exact), { ...defaultLimits, [name]: value })).toBeUndefined();
    expect(validate(editable(exact), { ...defaultLimits, [name]: value - 1 })).toBe('program-over-limit');
    const over = { ...defaultLimits, [name]: value - 1 };
    if (name !== 'operations')
      expect(() => enforceLimits(exact, over)).toThrow(`${name} ${value} found, at most ${value - 1} wanted`);
  });

  /** A program whose sizes are counted by hand. */
  function measured(): { readonly limits: readonly (readonly [keyof ProgramLimits, number])[]; readonly exact: Program } {
    const program = programOf((b) => {
      const w = b.input('w', 5, 3);
      b.output('sum', b.batchSum(b.matmul(b.uniform(7, 3), w)));
    });
    // input 15, flush 15, uniform 21, matmul 35, flush 35, batchSum 5, flush 5
    return {
      exact: program,
      limits: [
        ['operations', 7],
        ['dimension', 7],
        ['elements', 35],
        ['sequenceElements', 21 + 35 + 35],
        ['parameterElements', 15 + 5 + 15 + 15 + 5 + 5],
        ['flopsPerSequence', 2 * 7 * 5 * 3 + 35],
      ],
    };
  }
});

const replacements = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, '', 'add', 'rows', -0, 2 ** 24, [], {}, [0], [0, 1], { reverse: true }, '__proto__', undefined),
);

/** Places in a JSON value, as paths. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, key]))];
}

function replaceAt(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const changed = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  changed[key] = replaceAt(changed[key], rest, replacement);
  return changed;
}

/** Small enough that running whatever is accepted takes no time. */
const tight: ProgramLimits = {
  ...defaultLimits,
  dimension: 64,
  elements: 512,
  sequenceElements: 8192,
  parameterElements: 8192,
  flopsPerSequence: 1e5,
};

const mutations = fc.array(fc.tuple(fc.nat(), replacements), { minLength: 1, maxLength: 3 });

for (const [index, sample] of samples.entries()) {
  property.prop([mutations], { seed: 11, numRuns: 300 })(`a changed program is refused or runs (sample ${index})`, (changes) => {
    let value: unknown = editable(sample);
    for (const [place, replacement] of changes) {
      const paths = pathsIn(value);
      value = replaceAt(value, paths[place % paths.length]!, replacement);
    }
    let program: Program | undefined;
    const code = codeOf(() => (program = validateProgram(value, tight)));
    if (program === undefined) {
      expect(code).toBeDefined();
      return;
    }
    const executable = interpreter.compile(program);
    executable.load(new Float32Array(executable.inputLength));
    executable.run(eight, new Float32Array(executable.outputLength));
    expect(parseProgramBytes(canonicalBytes(program))).toEqual(program);
  });

  property.prop([fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })], {
    seed: 12,
    numRuns: 300,
  })(`changed bytes are refused or canonical (sample ${index})`, (changes) => {
    const bytes = canonicalBytes(sample);
    for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
    let program: Program | undefined;
    codeOf(() => (program = parseProgramBytes(bytes)));
    if (program !== undefined) expect(canonicalBytes(program)).toEqual(bytes);
  });
}
