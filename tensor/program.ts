// A program: the computation of one sequence, and the sums over a microbatch, as plain data.
//
// A value is a matrix [rows, columns] of f32. It lives in one of two spaces:
//   parameter  one matrix per program (parameters, constants, sums over the microbatch, optimizer state)
//   sequence   one matrix per sequence; rows are usually time steps, the batch is implicit
// Its stage follows from its operands: the prologue (parameter space, before any sequence), the body (sequence space) and
// the epilogue (parameter space, after the microbatch's sums are complete).
//
// docs/numerics.md defines the result of every operation to the last bit.

/** A named matrix [rows, columns] of f32, stored row by row. */
export interface TensorSpecification {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** A named result of a program: the index of a parameter-space value. */
export interface OutputSpecification {
  readonly name: string;
  readonly value: number;
}

/** Operations that run together, one time step at a time, in ascending or (`reverse`) descending order of time. */
export interface Region {
  readonly reverse: boolean;
}

/** The names of the element-wise functions of one operand. */
export const unaryOperations = ['negate', 'absolute', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos'] as const;
/** Element-wise functions of one operand. */
export type UnaryOperation = (typeof unaryOperations)[number];

/** The names of the element-wise functions of two operands. */
export const binaryOperations = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'minimum',
  'maximum',
  'less',
  'lessOrEqual',
  'equal',
] as const;
/** Element-wise functions of two operands; a dimension of size 1 is broadcast. Comparisons give 1 or 0. */
export type BinaryOperation = (typeof binaryOperations)[number];

/** Operands are indexes into the program's list of operations; only `delay` may look ahead, inside its region. */
export type Operation = (
  | SourceOperation
  | ElementwiseOperation
  | ContractionOperation
  | ReductionOperation
  | ViewOperation
  | RecurrenceOperation
  | SinkOperation
) & {
  /** The region the operation belongs to, an index into `Program.regions`; absent outside regions. */
  readonly region?: number;
};

/** Values that come from outside, from nowhere, or from chance. All but `uniform` live in parameter space. */
export type SourceOperation =
  | { readonly op: 'input'; readonly input: number }
  /** Every element is the f32 with these bits (an unsigned 32-bit integer). */
  | { readonly op: 'constant'; readonly rows: number; readonly columns: number; readonly bits: number }
  /** Every element has its own bits, row by row. */
  | { readonly op: 'table'; readonly rows: number; readonly columns: number; readonly bits: readonly number[] }
  /** The index of the row or of the column, as f32. */
  | { readonly op: 'iota'; readonly rows: number; readonly columns: number; readonly axis: 'rows' | 'columns' }
  /**
   * Sequence space: uniform in (0, 1). Element e (row by row) is word (e mod 2) of Threefry-2x32 at counter
   * (sequence index in the step, draw + floor(e / 2)).
   */
  | { readonly op: 'uniform'; readonly rows: number; readonly columns: number; readonly draw: number };

/** Each element of the result from the elements of the operands at the same place. */
export type ElementwiseOperation =
  | { readonly op: UnaryOperation; readonly of: readonly [number] }
  /** |x| < 2^exponent becomes +0; everything else, NaN included, is kept. */
  | { readonly op: 'flush'; readonly of: readonly [number]; readonly exponent: number }
  | { readonly op: BinaryOperation; readonly of: readonly [number, number] }
  /** of[0] ≠ 0 ? of[1] : of[2], element by element, broadcast like a binary operation. */
  | { readonly op: 'select'; readonly of: readonly [number, number, number] }
  /** A parameter-space value as sequence-space value of this shape (broadcast). */
  | { readonly op: 'expand'; readonly of: readonly [number]; readonly rows: number; readonly columns: number };

/** Matrix products. */
export type ContractionOperation =
  /**
   * x [T, K] by the parameter-space W [M, K]: y[t, m] = Σ_k W[m, k] x[t, k]; transposed: x [T, M], y[t, k] = Σ_m W[m, k] x[t, m].
   * One accumulator, from +0, index ascending.
   */
  | { readonly op: 'matmul'; readonly of: readonly [number, number]; readonly transposed: boolean }
  /**
   * Two sequence-space values. nn: Σ_k a[m,k] b[k,n]; nt: Σ_k a[m,k] b[n,k]; tn: Σ_k a[k,m] b[k,n]. k ascends from +0.
   * triangle 'output' (nt only): elements n > m are +0. 'left' (nn, tn): the left operand counts as lower triangular
   * (elements above its diagonal are not read): k ≤ m for nn, k ≥ m for tn.
   */
  | {
      readonly op: 'product';
      readonly of: readonly [number, number];
      readonly form: 'nn' | 'nt' | 'tn';
      readonly triangle: 'none' | 'output' | 'left';
    };

/** Sums and maxima within one matrix. */
export type ReductionOperation =
  /** Sequence space, from +0. columns: [T, U] → [T, 1], ascending. rows: [T, U] → [1, U], descending. */
  | { readonly op: 'sum'; readonly of: readonly [number]; readonly axis: 'rows' | 'columns' }
  /** Sequence space: largest of each row, [T, U] → [T, 1], ascending, by m < x ? x : m. */
  | { readonly op: 'max'; readonly of: readonly [number] }
  /** Parameter space: sum of all elements → [1, 1]; four accumulators (index mod 4) ascending, then (s0+s1)+(s2+s3). */
  | { readonly op: 'total'; readonly of: readonly [number] };

/** Sequence space only: the same elements at other places. */
export type ViewOperation =
  | {
      readonly op: 'slice';
      readonly of: readonly [number];
      readonly row: number;
      readonly column: number;
      readonly rows: number;
      readonly columns: number;
    }
  /** The adjoint of slice: +0 outside. */
  | {
      readonly op: 'pad';
      readonly of: readonly [number];
      readonly row: number;
      readonly column: number;
      readonly rows: number;
      readonly columns: number;
    }
  | { readonly op: 'concatenate'; readonly of: readonly number[]; readonly axis: 'rows' | 'columns' }
  | { readonly op: 'reshape'; readonly of: readonly [number]; readonly rows: number; readonly columns: number }
  | { readonly op: 'transpose'; readonly of: readonly [number] }
  /** y[t] = x[t − by], +0 outside the sequence. */
  | { readonly op: 'shift'; readonly of: readonly [number]; readonly by: number };

/** States carried over time. */
export type RecurrenceOperation =
  /**
   * of = [decay, input]; decay broadcasts to input's shape [T, U] and may be of either space.
   * h[t] = flush(input[t] + decay[t] · h[t−1]) with exponent −51, h[−1] = +0; reverse: h[t+1] in place of h[t−1].
   */
  | { readonly op: 'scan'; readonly of: readonly [number, number]; readonly reverse: boolean }
  /** Inside a region: the operand one time step earlier (in a reverse region: later), +0 outside the sequence. */
  | { readonly op: 'delay'; readonly of: readonly [number]; readonly rows: number; readonly columns: number };

/**
 * Sums over the sequences of the microbatch (parameter space, epilogue). Four accumulators per element (sequence index mod 4),
 * from +0, in the order: groups of 8 sequences ascending, time descending, first half of the group then second half; at the end
 * (s0+s1)+(s2+s3). Products are rounded before they are added.
 */
export type SinkOperation =
  /** of = [dy [T, M], x [T, K]] → [M, K]: Σ dy[t, m] x[t, k]. */
  | { readonly op: 'weightGradient'; readonly of: readonly [number, number] }
  /** [T, U] → [1, U], or [T, U] where keepRows. */
  | { readonly op: 'batchSum'; readonly of: readonly [number]; readonly keepRows: boolean };

/** The name of an operation. */
export type OperationName = Operation['op'];

/** A program: inputs and outputs are flat vectors of f32, the concatenation of their tensors in order. */
export interface Program {
  readonly version: 1;
  readonly inputs: readonly TensorSpecification[];
  readonly outputs: readonly OutputSpecification[];
  readonly regions: readonly Region[];
  readonly operations: readonly Operation[];
}
