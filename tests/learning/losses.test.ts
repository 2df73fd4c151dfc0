import { describe, expect, it } from 'vitest';
import { correctCount, crossEntropy } from '../../learning/losses.js';
import { interpreter, ProgramBuilder, type Value } from '../../tensor/index.js';

const logits = [
  [1, 2, 0.5],
  [40, -40, 0],
  [0.25, 0.25, -3],
];
const target = [
  [0, 1, 0],
  [0, 1, 0],
  [0, 1, 0],
];
const weights = [1, 0.5, 1];

/** What a loss gives for the table, by the interpreter. */
function value(loss: (builder: ProgramBuilder, scores: Value, truth: { target: Value; weights: Value }) => Value): number {
  const builder = new ProgramBuilder();
  const expand = (rows: readonly (readonly number[])[]): Value =>
    builder.expand(builder.table(rows.length, rows[0]!.length, rows.flat()), rows.length, rows[0]!.length);
  const truth = { target: expand(target), weights: expand(weights.map((x) => [x])) };
  builder.output('loss', builder.batchSum(loss(builder, expand(logits), truth)));
  const executable = interpreter.compile(builder.build());
  const sums = new Float32Array(1);
  executable.load(new Float32Array(0));
  executable.run({ key: [0, 0], firstSequence: 0, sequenceCount: 8 }, sums);
  return sums[0]! / 8;
}

describe('crossEntropy', () => {
  it('is the weighted sum of negative log probabilities, also where scores are large', () => {
    const wanted = logits.reduce((sum, row, t) => {
      const bound = Math.max(...row);
      const mass = row.reduce((total, x) => total + Math.exp(x - bound), 0);
      return sum + weights[t]! * (Math.log(mass) + bound - row[1]!);
    }, 0);
    expect(value(crossEntropy)).toBeCloseTo(wanted, 4);
  });
});

describe('correctCount', () => {
  it('counts, by weight, targets that no other score exceeds', () => {
    expect(value(correctCount)).toBe(2);
  });
});
