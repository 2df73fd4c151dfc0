import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../../backends/index.js';
import { bindTask, buildPlan, evaluateSerially, flatten, parseRunConfig, taskSchema } from '../../../learning/index.js';
import { drawTree, evaluateTree, treeCorrelation } from '../../../learning/tasks/decision-tree.js';
import { linearStepLoss } from '../../../learning/tasks/function-class.js';
import { drawNetwork, drawSparse, evaluateNetwork, functionLaw, functionsSchema } from '../../../learning/tasks/function-laws.js';
import { invert, multiply, transpose } from '../../../learning/matrices.js';
import type { ProgramBuilder, Value } from '../../../tensor/index.js';
import { drawnBy, meanOf, type Table } from './draw-samples.js';

const inputDimension = 4;
const classes = [
  { class: 'linear' },
  { class: 'sparse-linear', nonzero: 2 },
  { class: 'two-layer-network', hidden: 16 },
  { class: 'decision-tree', depth: 3 },
];
const taskOf = (functions: object, further: object = {}): object => {
  return { name: 'function-class', contextLength: 6, inputDimension, functions, ...further };
};
const lawOf = (functions: object): ReturnType<typeof functionLaw> =>
  functionLaw(functionsSchema.parse(functions), inputDimension);
const every = { answers: 'every' };
const sequences = [0, 3, 7];

/** A sequence of a task as numbers. */
const sequenceOf = (task: object, sequence: number): Readonly<Record<'tokens' | 'target', Table>> =>
  drawnBy(sequence, (b) => {
    const { tokens, target } = bindTask(taskSchema.parse(task)).sample(b, 'train');
    return { tokens, target };
  });

describe('functionClass', () => {
  it.each(classes)('draws standard normal inputs and outputs of the stated mean square: %o', (functions) => {
    const draw = { task: taskOf(functions, every), sequenceCount: 32_768 };
    const inputs = (b: ProgramBuilder, tokens: Value): Value => b.slice(tokens, { columns: inputDimension });
    const found = meanOf(draw, (b, { tokens }) => b.product(inputs(b, tokens), inputs(b, tokens), 'tn'));
    found.forEach((square, index) => expect(square / 7).toBeCloseTo(index % 5 === 0 ? 1 : 0, 1));
    const squares = meanOf(draw, (b, { target }) => b.square(target));
    for (const square of squares) expect(Math.abs(square / lawOf(functions).meanSquare - 1)).toBeLessThan(0.06);
  });

  it.each(classes)('gives one gradient step the loss of the closed form after every number of examples: %o', (functions) => {
    const losses = meanOf({ task: taskOf(functions, every), sequenceCount: 65_536 }, (b, { target, gradientDescent }) =>
      b.square(b.subtract(gradientDescent!, target)),
    );
    const law = lawOf(functions);
    losses.forEach((loss, count) => {
      expect(Math.abs(loss / 2 / linearStepLoss(law, count, inputDimension) - 1)).toBeLessThan(0.04);
    });
    const [last] = meanOf({ task: taskOf(functions), sequenceCount: 65_536 }, (b, { target, gradientDescent }) =>
      b.square(b.subtract(gradientDescent!, target)),
    );
    expect(Math.abs(last! / 2 / linearStepLoss(law, 6, inputDimension) - 1)).toBeLessThan(0.04);
  });

  it('shows examples (x, y) and asks for the last y where the query is answered', () => {
    const { tokens, target } = sequenceOf(taskOf({ class: 'linear' }), 2);
    expect(tokens.at(-1)![inputDimension]).toBe(0);
    const w = leastSquares(tokens.slice(0, -1));
    expect(dot(w, tokens.at(-1)!)).toBeCloseTo(target[0]![0]!, 4);
  });

  it('shows at every x the y before it where every token is answered', () => {
    const { tokens, target } = sequenceOf(taskOf({ class: 'decision-tree', depth: 2 }, every), 5);
    expect(tokens.map((token) => token[inputDimension])).toEqual([0, ...target.slice(0, -1).map(([y]) => y)]);
  });

  it('is answered at every token by a layer of linear attention whose convolution brings each x beside its y', () => {
    const learningRate = 0.08;
    const model = { name: 'linear-attention', embedding: 9, convolution: 2, keyDimension: 4 };
    const task = taskOf({ class: 'linear' }, every);
    const plan = buildPlan(parseRunConfig({ name: 'every', task, model, evaluation: { sequences: 32_768 } }));
    const { names, shapes } = plan.parameters;
    const tensors = names.map((name, index) => ({ name, rows: shapes[index]![0], columns: shapes[index]![1] }));
    const entries = (rows: number, columns: number, entry: (row: number, column: number) => number): number[] =>
      Array.from({ length: rows * columns }, (_, index) => entry(Math.floor(index / columns), index % columns));
    // Units: x for queries, x for keys, y; the convolution delays the second by a token.
    const isDelayed = (unit: number): boolean => unit >= 4 && unit < 8;
    const values = new Map([
      ['embedding', entries(9, 5, (unit, column) => (unit === 8 ? Number(column === 4) : Number(column === unit % 4)))],
      ['layer0.convolution.tap0', entries(1, 9, (_, unit) => Number(!isDelayed(unit)))],
      ['layer0.convolution.tap1', entries(1, 9, (_, unit) => Number(isDelayed(unit)))],
      ['layer0.query', entries(4, 9, (row, unit) => (unit === row ? learningRate : 0))],
      ['layer0.key', entries(4, 9, (row, unit) => Number(unit === row + 4))],
      ['layer0.value', entries(1, 9, (_, unit) => Number(unit === 8))],
    ]);
    const { testLoss } = evaluateSerially(plan, wasmBackend, flatten(tensors, values));
    // ½ E (w·x_q − η Σ_t y_t x_t·x_q)² for n = 0 … 6 examples of 4 entries.
    const losses = [0, 1, 2, 3, 4, 5, 6].map(
      (n) => 2 - learningRate * n * 4 + (learningRate * learningRate * n * (n + 5) * 4) / 2,
    );
    expect(Math.abs(testLoss / (losses.reduce((sum, loss) => sum + loss) / 7) - 1)).toBeLessThan(0.02);
  });

  it('fills x up with zeros where fewer dimensions are active, and is in those what it is without the others', () => {
    for (const functions of [...classes, { class: 'linear' }]) {
      for (const answers of ['query', 'every']) {
        const small = sequenceOf(taskOf(functions, { answers, inputDimension: 3 }), 4);
        const padded = sequenceOf(taskOf(functions, { answers, activeDimensions: 3 }), 4);
        expect(padded.target).toEqual(small.target);
        expect(padded.tokens).toEqual(small.tokens.map(([a, b, c, y]) => [a, b, c, 0, y]));
      }
    }
  });

  it.each(classes)('gives one gradient step the loss of the closed form where fewer dimensions are active: %o', (functions) => {
    const draw = { task: taskOf(functions, { activeDimensions: 3 }), sequenceCount: 65_536 };
    const [loss] = meanOf(draw, (b, { target, gradientDescent }) => b.square(b.subtract(gradientDescent!, target)));
    const law = functionLaw(functionsSchema.parse(functions), 3);
    expect(Math.abs(loss! / 2 / linearStepLoss(law, 6, 3) - 1)).toBeLessThan(0.04);
  });

  it('builds the same program where all dimensions are named as active', () => {
    const programOf = (further: object): string => {
      const task = taskOf({ class: 'linear' }, further);
      return JSON.stringify(buildPlan(parseRunConfig({ name: 'all', task, model: { name: 'gated-rnn' } })).trainProgram);
    };
    expect(programOf({ activeDimensions: inputDimension })).toBe(programOf({}));
    expect(programOf({ activeDimensions: 3 })).not.toBe(programOf({}));
  });

  it('refuses more active dimensions than there are, and fewer than the weights that are not zero', () => {
    const bind = (functions: object, activeDimensions: number) => () =>
      bindTask(taskSchema.parse(taskOf(functions, { activeDimensions })));
    expect(bind({ class: 'linear' }, 5)).toThrow('task.activeDimensions of 5 found, at most the 4 entries of x wanted');
    expect(bind({ class: 'sparse-linear', nonzero: 3 }, 2)).toThrow(
      'task.functions.nonzero of 3 found, at most the 2 active entries of x wanted',
    );
  });

  it('refuses more weights that are not zero than there are', () => {
    const options = taskSchema.parse(taskOf({ class: 'sparse-linear', nonzero: 5 }));
    expect(() => bindTask(options)).toThrow('task.functions.nonzero of 5 found, at most the 4 entries of x wanted');
  });

  it('has no plan where its program is over the limits of workers', () => {
    const task = taskOf({ class: 'decision-tree', depth: 8 }, { contextLength: 4095, inputDimension: 1024, ...every });
    expect(() => buildPlan(parseRunConfig({ name: 'large', task, model: { name: 'gated-rnn' } }))).toThrow(
      /^Cannot accept program: .* found, at most .* wanted$/,
    );
  });
});

describe('the optimum of functionClass', () => {
  const optimumOf = (functions: object, further: object = {}): number | null =>
    bindTask(taskSchema.parse(taskOf(functions, further))).optimum;

  it('is that of least squares for linear functions', () => {
    expect(optimumOf({ class: 'linear' })).toBe(0);
    expect(optimumOf({ class: 'linear' }, { contextLength: 1 })).toBe(1.5);
    expect(optimumOf({ class: 'linear' }, every)).toBeCloseTo((4 + 3 + 2 + 1) / 2 / 7, 12);
    expect(optimumOf({ class: 'linear' }, { ...every, activeDimensions: 2 })).toBeCloseTo((2 + 1) / 2 / 7, 12);
    // The solution of least norm after one example.
    const draw = { task: taskOf({ class: 'linear' }, { contextLength: 1 }), sequenceCount: 32_768 };
    const [square] = meanOf(draw, (b, { tokens, target }) => {
      const x = b.slice(tokens, { columns: inputDimension });
      const norm = b.sum(b.square(b.row(x, 0)), 'columns');
      const y = b.slice(tokens, { column: inputDimension, rows: 1 });
      const found = b.multiply(b.divide(y, norm), b.product(b.row(x, 0), b.row(x, 1), 'nt'));
      return b.square(b.subtract(found, target));
    });
    expect(Math.abs(square! / 2 / 1.5 - 1)).toBeLessThan(0.03);
  });

  it('is zero for sparse functions from one example more than there are unknowns, because no other entries explain them', () => {
    expect(optimumOf({ class: 'sparse-linear', nonzero: 2 }, { contextLength: 3 })).toBe(0);
    expect(optimumOf({ class: 'sparse-linear', nonzero: 2 }, { contextLength: 2 })).toBeNull();
    for (const sequence of sequences) {
      const { tokens } = sequenceOf(taskOf({ class: 'sparse-linear', nonzero: 2 }, { contextLength: 3 }), sequence);
      const examples = tokens.slice(0, -1);
      const pairs = [0, 1, 2].flatMap((i) => [1, 2, 3].filter((j) => j > i).map((j) => [i, j] as const));
      const fits = pairs.filter(([i, j]) => {
        const reduced = examples.map((token) => [token[i]!, token[j]!, token[inputDimension]!]);
        const w = leastSquares(reduced);
        return reduced.every((token) => Math.abs(dot(w, token) - token[2]!) < 1e-4);
      });
      expect(fits).toHaveLength(1);
    }
  });

  it('is not known for networks and trees', () => {
    expect(optimumOf({ class: 'two-layer-network' })).toBeNull();
    expect(optimumOf({ class: 'decision-tree' }, every)).toBeNull();
  });
});

describe('drawSparse()', () => {
  it('leaves as many weights as wanted, every one equally often, standard normal', () => {
    const anyTask = { task: taskOf({ class: 'linear' }), sequenceCount: 32_768 };
    const isNonzero = (b: ProgramBuilder, w: Value): Value => b.less(0, b.absolute(w));
    const shares = meanOf(anyTask, (b) => isNonzero(b, drawSparse(b, 5, 2)));
    for (const share of shares) expect(share).toBeCloseTo(2 / 5, 2);
    const counts = meanOf(anyTask, (b) => b.square(b.sum(isNonzero(b, drawSparse(b, 5, 2)), 'columns')));
    expect(counts).toEqual([4]);
    const squares = meanOf(anyTask, (b) => b.square(drawSparse(b, 5, 2)));
    for (const square of squares) expect(Math.abs(square / (2 / 5) - 1)).toBeLessThan(0.05);
  });
});

describe('evaluateTree()', () => {
  it.each(sequences)('comes to the leaf that the questions lead to, in sequence %d', (sequence) => {
    const drawn = drawnBy(sequence, (b) => {
      const tree = drawTree(b, 5, 3);
      const x = b.normal(12, 5);
      return { ...tree, x, y: evaluateTree(b, tree, x) };
    });
    const { coordinates, leaves, x, y } = drawn;
    for (const row of coordinates) expect([...row].sort()).toEqual([0, 0, 0, 0, 1]);
    const walked = x.map((input) => walk({ coordinates, leaves: leaves[0]! }, input));
    expect(y.map(([value]) => value)).toEqual(walked);
    expect(new Set(walked).size).toBeGreaterThan(2);
  });

  it('asks for every entry equally often and has standard normal leaves', () => {
    const anyTask = { task: taskOf({ class: 'linear' }), sequenceCount: 32_768 };
    const asked = meanOf(anyTask, (b) => drawTree(b, 5, 2).coordinates);
    for (const share of asked) expect(share).toBeCloseTo(1 / 5, 1);
    const squares = meanOf(anyTask, (b) => b.square(drawTree(b, 5, 2).leaves));
    for (const square of squares) expect(Math.abs(square - 1)).toBeLessThan(0.05);
  });
});

describe('treeCorrelation()', () => {
  it('is the mean over all patterns of agreement', () => {
    // Three entries: 1, 3, 3, 1 patterns of 8 with 0, 1, 2, 3 that agree.
    const mean = (3 * (1 / 9) * (-1 / 3) + 3 * (4 / 9) * (1 / 3) + 1) / 8;
    expect(treeCorrelation(3, 2)).toBeCloseTo((2 / Math.PI) * mean, 12);
  });

  it('falls with the number of entries, up to the largest', () => {
    expect(treeCorrelation(1024, 4) / (1 / (2 * Math.PI * 1024))).toBeCloseTo(1, 2);
  });
});

describe('evaluateNetwork()', () => {
  it.each(sequences)('is the sum over rectified units, in sequence %d', (sequence) => {
    const { hidden, output, x, y } = drawnBy(sequence, (b) => {
      const weights = drawNetwork(b, 3, 6);
      const inputs = b.normal(5, 3);
      return { ...weights, x: inputs, y: evaluateNetwork(b, weights, inputs) };
    });
    const wanted = x.map((input) => hidden.reduce((sum, v, j) => sum + output[0]![j]! * Math.max(0, dot(v, input)), 0));
    wanted.forEach((value, row) => expect(y[row]![0]).toBeCloseTo(value, 5));
  });

  it('has standard normal weights to its units and ones of variance 2 / r from them', () => {
    const anyTask = { task: taskOf({ class: 'linear' }), sequenceCount: 32_768 };
    const hidden = meanOf(anyTask, (b) => b.square(drawNetwork(b, 2, 5).hidden));
    for (const square of hidden) expect(Math.abs(square - 1)).toBeLessThan(0.05);
    const output = meanOf(anyTask, (b) => b.square(drawNetwork(b, 2, 5).output));
    for (const square of output) expect(Math.abs(square / (2 / 5) - 1)).toBeLessThan(0.05);
  });
});

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** w of y = w·x from rows (x, y). */
function leastSquares(examples: Table): readonly number[] {
  const x = examples.map((row) => row.slice(0, -1));
  const y = examples.map((row) => row.slice(-1));
  return multiply(multiply(invert(multiply(transpose(x), x)), transpose(x)), y).flat();
}

/** Node by node from the root: children of node j of a level with 2^l nodes are j and j + 2^l of the next. */
function walk(
  { coordinates, leaves }: { readonly coordinates: Table; readonly leaves: readonly number[] },
  x: readonly number[],
): number {
  let [node, nodes] = [0, 1];
  while (nodes < leaves.length) {
    const asked = coordinates[nodes - 1 + node]!.indexOf(1);
    if (x[asked]! > 0) node += nodes;
    nodes *= 2;
  }
  return leaves[node]!;
}
