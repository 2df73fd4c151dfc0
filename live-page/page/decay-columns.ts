// Where the columns of the picture of λ begin and end, and how dark they are.

/** The edges of columns around ascending steps: half-way to the neighbors, the first and the last column as wide as on their other side. */
export function columnEdges(steps: readonly number[]): readonly number[] {
  const [first = 0, second = first + 1] = steps;
  const last = steps.at(-1) ?? 0;
  const before = steps.at(-2) ?? last - 1;
  const between = steps.slice(1).map((step, index) => (step + (steps[index] ?? step)) / 2);
  return [first - (second - first) / 2, ...between, last + (last - before) / 2];
}

/** How dark a share of the neurons is drawn: a single one of a hundred is to be seen. */
export const shadeOf = (share: number): number => (share <= 0 ? 0 : 0.12 + 0.88 * Math.sqrt(share));
