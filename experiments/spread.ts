// What seeds make of a number: mean ± standard deviation (of a sample, n − 1) over n runs.

/** A measured number over the runs that differ in their seed alone. */
export interface Spread {
  readonly mean: number;
  /** Null where there is one run: it has no spread. */
  readonly standardDeviation: number | null;
  readonly values: readonly number[];
}

/** The spread of numbers; undefined where there are none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, standardDeviation: values.length === 1 ? null : Math.sqrt(squares / (values.length - 1)), values };
}

/** A number for people: five significant digits where it is near 1, powers of ten elsewhere. */
export function formatNumber(x: number): string {
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(x.toPrecision(5)));
  return x.toExponential(2);
}

/** `0.094612 ± 0.000021 (n = 4)`. */
export function formatSpread({ mean, standardDeviation, values }: Spread): string {
  const spread = standardDeviation === null ? '' : ` ± ${Number(standardDeviation.toPrecision(2)).toString()}`;
  return `${formatNumber(mean)}${spread} (n = ${values.length})`;
}

/** Decays by what they do, like `9 × 0.9950–0.9990, 3 × 0.0000–0.0001`. */
export function describeDecays(decays: readonly number[]): string {
  const parts = [
    decays.filter((decay) => decay > 0.9),
    decays.filter((decay) => decay >= 0.1 && decay <= 0.9),
    decays.filter((decay) => decay < 0.1),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => `${part.length} × ${Math.min(...part).toFixed(4)}–${Math.max(...part).toFixed(4)}`)
    .join(', ');
}
