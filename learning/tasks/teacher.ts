// A fixed random layer of linear self-attention, scaled so that its outputs have mean square 1 over tokens and outputs.
//
// y_t = W_V (A + x_t x_tᵀ) B x_t   A = Σ_{s<t} x_s x_sᵀ   B = W_Kᵀ W_Q   x ~ N(0, I), n = t − 1 earlier tokens. With G = W_Vᵀ W_V,
// C = B Bᵀ and S, P the symmetric parts of B and Bᵀ G (Gaussian moments of order 4 and 6):
//   E |y_t|² = n (n + 1) tr(G C) + n tr C tr G
//            + 2n (tr P tr S + 2 tr(P S))
//            + (tr S)² tr G + 2 tr(S²) tr G + 4 tr S tr(S G) + 8 tr(S² G)

import { foldKey, keyFromSeed } from '../../tensor/index.js';
import { matrix, multiply, symmetricPart, trace, transpose, type Matrix } from '../matrices.js';
import { normalNumbers } from '../random-numbers.js';

/** The matrices [d, d] of a layer of linear self-attention. */
export interface AttentionLayer {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
}

/** E |y|² / d, averaged over the tokens of a sequence, for standard normal tokens. */
export function meanSquare({ query, key, value }: AttentionLayer, tokenCount: number): number {
  const b = multiply(transpose(key), query);
  const g = multiply(transpose(value), value);
  const c = multiply(b, transpose(b));
  const s = symmetricPart(b);
  const p = symmetricPart(multiply(transpose(b), g));
  const square = multiply(s, s);
  const own =
    trace(s) * trace(s) * trace(g) +
    2 * trace(square) * trace(g) +
    4 * trace(s) * trace(multiply(s, g)) +
    8 * trace(multiply(square, g));
  const cross = 2 * (trace(p) * trace(s) + 2 * trace(multiply(p, s)));
  let sum = 0;
  for (let earlier = 0; earlier < tokenCount; earlier += 1) {
    sum += earlier * (earlier + 1) * trace(multiply(g, c)) + earlier * trace(c) * trace(g) + earlier * cross + own;
  }
  return sum / (tokenCount * value.length);
}

/** The teacher of a seed: normal entries of variance 1/d, W_V rescaled; with a rank, W_V is L R with L [d, rank] and R the first rows of the full W_V. */
export function drawTeacher(seed: number, dimension: number, tokenCount: number, rank: number | null = null): AttentionLayer {
  const draw = (index: number): Matrix => {
    const numbers = normalNumbers(foldKey(keyFromSeed(seed), index), dimension * dimension);
    return matrix(dimension, dimension, (row, column) => numbers[row * dimension + column]! / Math.sqrt(dimension));
  };
  const full = draw(2);
  const value =
    rank === null
      ? full
      : multiply(
          draw(3).map((row) => row.slice(0, rank)),
          full.slice(0, rank),
        );
  const drawn = { query: draw(0), key: draw(1), value };
  const scale = 1 / Math.sqrt(meanSquare(drawn, tokenCount));
  return { ...drawn, value: drawn.value.map((row) => row.map((x) => x * scale)) };
}
