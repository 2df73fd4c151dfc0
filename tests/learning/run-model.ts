// Runs a model on given tokens through the interpreter: eight equal sequences, whose sum is eight times the output, exactly.

import { bindModel, flatten, type ModelOptions, type ParameterSpecification } from '../../learning/index.js';
import { interpreter, ProgramBuilder } from '../../tensor/index.js';

export type Table = readonly (readonly number[])[];

export interface ModelRun {
  readonly options: ModelOptions;
  readonly tokens: Table;
  readonly outputDimension: number;
  readonly positions: 'all' | 'last';
  readonly values: ReadonlyMap<string, ArrayLike<number>>;
}

/** One layer and nothing around it. */
export const plainStack = {
  ...{ layers: 1, embedding: null, width: null, readout: false, initialGain: 1 },
  ...{ normalization: 'none' as const, skip: false, convolution: 1 },
};

const sequenceCount = 8;

export function specificationsOf({
  options,
  tokens,
  outputDimension,
}: Omit<ModelRun, 'values'>): readonly ParameterSpecification[] {
  return bindModel(options).parameters({ inputDimension: tokens[0]?.length ?? 0, outputDimension });
}

export function runModel(run: ModelRun): Table {
  const { options, tokens, outputDimension, positions, values } = run;
  const specifications = specificationsOf(run);
  const builder = new ProgramBuilder();
  const inputs = new Map(specifications.map(({ name, rows, columns }) => [name, builder.input(name, rows, columns)]));
  const columns = tokens[0]?.length ?? 0;
  const output = bindModel(options).apply({
    builder,
    parameter: (name) => inputs.get(name)!,
    tokens: builder.expand(builder.table(tokens.length, columns, tokens.flat()), tokens.length, columns),
    positions,
    outputDimension,
  });
  builder.output('outputs', builder.batchSum(output, true));
  const executable = interpreter.compile(builder.build());
  executable.load(flatten(specifications, values));
  const sums = new Float32Array(executable.outputLength);
  executable.run({ key: [0, 0], firstSequence: 0, sequenceCount }, sums);
  return Array.from({ length: output.rows }, (_, row) =>
    Array.from(sums.subarray(row * outputDimension, (row + 1) * outputDimension), (x) => x / sequenceCount),
  );
}

/** Numbers between −1 and 1 that look random and are the same in every test. */
export function scatteredNumbers(count: number, phase: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => Math.fround(Math.sin(12.9898 * (index + 1) + 78.233 * phase)));
}

export function scatteredTable(rows: number, columns: number, phase: number): Table {
  const numbers = scatteredNumbers(rows * columns, phase);
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * columns, (row + 1) * columns));
}

/** Scattered values for every parameter. */
export function scatteredValues(specifications: readonly ParameterSpecification[]): ReadonlyMap<string, readonly number[]> {
  return new Map(specifications.map(({ name, rows, columns }, index) => [name, scatteredNumbers(rows * columns, index + 1)]));
}

/** A parameter as a table, by name. */
export function tableOf(run: ModelRun, name: string): Table {
  const specification = specificationsOf(run).find((candidate) => candidate.name === name);
  if (specification === undefined) throw new RangeError(`Cannot read parameter: "${name}" found, one of the model's wanted`);
  const flat = Array.from(run.values.get(name) ?? []);
  const { rows, columns } = specification;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * columns, (row + 1) * columns));
}

// A few lines of f64 linear algebra, so that reference implementations read like their equations.
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, index) => sum + x * b[index]!, 0);
export const apply = (matrix: Table, vector: readonly number[]): number[] => matrix.map((row) => dot(row, vector));
export const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, index) => x + b[index]!);
export const times = (a: readonly number[], b: readonly number[]): number[] => a.map((x, index) => x * b[index]!);

/** The largest distance between two tables, relative to the largest entry of the second. */
export function relativeDistance(found: Table, wanted: Table): number {
  const scale = Math.max(...wanted.flat().map(Math.abs));
  return Math.max(...wanted.flat().map((x, index) => Math.abs(x - found.flat()[index]!))) / scale;
}
