// Means over sequences, with how far they can be trusted.

/** The mean of numbers of independent sequences, and the standard error of that mean (0 for a single one). */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Σ a_i. */
export const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);

/** Mean and standard error of numbers of independent sequences. */
export function estimate(numbers: readonly number[]): Estimate {
  const count = numbers.length;
  if (count === 0) throw new RangeError('Cannot average: no numbers found, at least one wanted');
  const mean = sum(numbers) / count;
  const squares = sum(numbers.map((x) => (x - mean) * (x - mean)));
  return { mean, standardError: count === 1 ? 0 : Math.sqrt(squares / (count - 1) / count) };
}

/** a − b, entry by entry. */
export const difference = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((x, i) => x - b[i]!);

/** Σ a_i b_i. */
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((total, x, i) => total + x * b[i]!, 0);

/** Half the mean squared error per output of every sequence, the task's loss: `predictions[n]` is of sequence n. */
export function lossesOf(
  sequences: readonly { readonly target: readonly number[] }[],
  predictions: readonly (readonly number[])[],
): readonly number[] {
  return sequences.map(({ target }, n) => {
    const error = difference(predictions[n]!, target);
    return dot(error, error) / (2 * target.length);
  });
}
