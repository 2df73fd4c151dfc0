// One conformance case: a program, what goes in, and how many sequences.

import {
  floatOf,
  ProgramBuilder,
  threefry2x32,
  type BuilderOptions,
  type Key,
  type Program,
  type Value,
} from '../../../tensor/index.js';

/** A program of the conformance vectors and the numbers that it is run on. */
export interface ConformanceCase {
  /** The operation that it is about, or the name of a whole program. */
  readonly subject: string;
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly number[];
  readonly sequenceCount: number;
}

/** The key of all cases. */
export const conformanceKey: Key = [0x243f6a88, 0x85a308d3];
/** The first sequence of all cases: not 0, so that a backend that forgets it is found out. */
export const firstSequence = 24;

/** Magnitudes from 2^least up to 2^most, with signs. */
export interface Spread {
  readonly least: number;
  readonly most: number;
  readonly positive?: boolean;
}

/** Numbers with random mantissas over a spread of magnitudes, among them ±1 and numbers with a single bit. */
export function spread(count: number, { least, most, positive = false }: Spread, stream = 0): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const [word, more] = threefry2x32([stream, 17], [count, index]);
    const exponent = least + (more % (most - least));
    const mantissa = index % 7 === 3 ? 0 : word & 0x7fffff;
    const sign = positive || word >>> 31 === 0 ? 0 : 0x80000000;
    return floatOf((sign | ((exponent + 127) << 23) | mantissa) >>> 0);
  });
}

/** Numbers like those of a model's parameters. */
export const ordinary = (count: number, stream = 0): readonly number[] => spread(count, { least: -4, most: 1 }, stream);

/** What an author of a case writes. */
export interface CaseAuthor {
  readonly name: string;
  readonly options?: BuilderOptions;
  readonly inputs?: readonly (readonly number[])[];
  readonly shapes?: readonly (readonly [number, number])[];
  readonly sequenceCount?: number;
  /** Values to give out, in parameter space or (summed over the microbatch) in sequence space. */
  readonly build: (b: ProgramBuilder, ...inputs: readonly Value[]) => readonly Value[];
}

/** A case of a subject. */
export function caseOf(
  subject: string,
  { name, options = {}, inputs = [], shapes = [], sequenceCount = 8, build }: CaseAuthor,
): ConformanceCase {
  const b = new ProgramBuilder(options);
  const values = shapes.map(([rows, columns], index) => b.input(`input${index}`, rows, columns));
  for (const [index, value] of build(b, ...values).entries()) {
    b.output(`output${index}`, value.space === 'sequence' ? b.batchSum(value, true) : value);
  }
  return { subject, name, program: b.build(), inputs: inputs.flat(), sequenceCount };
}

/** A parameter-space value in sequence space, the same in every sequence: sums over 8 of them are exact. */
export const same = (b: ProgramBuilder, p: Value): Value => b.expand(p, p.rows, p.columns);

/** Numbers in (−1, 1), other ones in every sequence. */
export const drawn = (b: ProgramBuilder, rows: number, columns: number): Value =>
  b.subtract(b.multiply(b.uniform(rows, columns), 2), 1);
