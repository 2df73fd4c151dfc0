// The instantaneous polynomial: what a layer answers to a first token x, as polynomial in x, exactly.
//   gated RNN   y_o = Σ_p D[o, p] (Σ_i M[p, i] zᵀ G_i z) (Σ_j X[p, j] zᵀ G_j z)     degree 4 in x, z = [x; 1]
//   attention   y = (W_V x) (W_K x · W_Q x)                                          degree 3
//
// A monomial is a sorted list of four indices into z; the last index stands for the constant 1. d inputs have C(d + 4, 4) of them: 70 for
// d = 4, 210 for d = 6.

import type { AttentionLayer, Matrix } from '../learning/index.js';
import { inputForms, norm, type GatedLayer } from './gated-layer.js';

/** Coefficients by monomial: the exponents of the inputs, like `1,0,2`. Monomials that are missing have coefficient 0. */
export type Polynomial = ReadonlyMap<string, number>;

/** The monomial of factors, each the index of an input; indices from `inputCount` on stand for 1. */
function monomialOf(factors: readonly number[], inputCount: number): string {
  const exponents = new Array<number>(inputCount).fill(0);
  for (const factor of factors) if (factor < inputCount) exponents[factor]! += 1;
  return exponents.join(',');
}

/** Adds `scale` (zᵀ a z) (zᵀ b z) to a polynomial of `a.length − 1` inputs. */
function addProduct(polynomial: Map<string, number>, [a, b]: readonly [Matrix, Matrix], scale: number): void {
  const inputCount = a.length - 1;
  a.forEach((rowA, i) => {
    rowA.forEach((x, j) => {
      if (x === 0) return;
      b.forEach((rowB, k) => {
        rowB.forEach((y, l) => {
          if (y === 0) return;
          const monomial = monomialOf([i, j, k, l], inputCount);
          polynomial.set(monomial, (polynomial.get(monomial) ?? 0) + scale * x * y);
        });
      });
    });
  });
}

function combine(forms: readonly Matrix[], weights: readonly number[]): Matrix {
  const size = forms[0]?.length ?? 0;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => forms.reduce((sum, form, i) => sum + weights[i]! * form[row]![column]!, 0)),
  );
}

/** The polynomial of every output of a layer of Eq. 2. */
export function gatedPolynomials(layer: GatedLayer): readonly Polynomial[] {
  const forms = inputForms(layer);
  const factors = layer.outputGate.m.map((row, product) => {
    return [combine(forms, row), combine(forms, layer.outputGate.x[product]!)] as const;
  });
  return layer.readout.map((weights) => {
    const polynomial = new Map<string, number>();
    factors.forEach((pair, product) => {
      if (weights[product] !== 0) addProduct(polynomial, pair, weights[product]!);
    });
    return polynomial;
  });
}

/** The polynomial of every output of a layer of linear attention. */
export function attentionPolynomials({ value, key, query }: AttentionLayer): readonly Polynomial[] {
  const inputCount = value[0]?.length ?? 0;
  const mixed = Array.from({ length: inputCount }, (_, row) =>
    Array.from({ length: inputCount }, (__, column) => key.reduce((sum, k, index) => sum + k[row]! * query[index]![column]!, 0)),
  );
  return value.map((weights) => {
    const polynomial = new Map<string, number>();
    weights.forEach((v, i) => {
      mixed.forEach((row, j) => {
        row.forEach((x, k) => {
          const monomial = monomialOf([i, j, k], inputCount);
          polynomial.set(monomial, (polynomial.get(monomial) ?? 0) + v * x);
        });
      });
    });
    return polynomial;
  });
}

/** One step of gradient descent on a first token (x, y): output i is η y_i Σ_j x_j². */
export function gradientStepPolynomials(inputCount: number, outputCount: number, rate: number): readonly Polynomial[] {
  const width = inputCount + outputCount;
  return Array.from({ length: outputCount }, (_, output) => {
    const squares = Array.from(
      { length: inputCount },
      (__, j) => [monomialOf([inputCount + output, j, j], width), rate] as const,
    );
    return new Map(squares);
  });
}

/** ‖found − wanted‖ / ‖wanted‖ over the coefficients of all outputs; `isCounted` picks the monomials by their exponents. */
export function polynomialDistance(
  found: readonly Polynomial[],
  wanted: readonly Polynomial[],
  isCounted: (exponents: readonly number[]) => boolean = () => true,
): number {
  const differences: number[] = [];
  const sizes: number[] = [];
  wanted.forEach((polynomial, output) => {
    const other = found[output] ?? new Map<string, number>();
    for (const monomial of new Set([...polynomial.keys(), ...other.keys()])) {
      if (!isCounted(monomial.split(',').map(Number))) continue;
      const [a, b] = [other.get(monomial) ?? 0, polynomial.get(monomial) ?? 0];
      differences.push(a - b);
      sizes.push(b);
    }
  });
  return norm(differences) / norm(sizes);
}
