// Random decision trees of depth D: each of the 2^D − 1 inner nodes asks whether one entry of x is positive, each of the 2^D leaves holds a number.
// coordinates: one-hot [2^D − 1, d], level after level   leaves: [1, 2^D]   x: [R, d] → [R, 1]
//
// Node j of level l, of 2^l nodes, has the children j (entry not positive) and j + 2^l (positive) of level l + 1, so that a level's answers
// are halves of the next one. Entries are drawn anew at every node; a path may ask for one twice.

import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { uniformClasses } from './draws.js';

/** A tree of each sequence. */
export interface DecisionTree {
  readonly coordinates: Value;
  readonly leaves: Value;
}

/** Draws entries uniformly, leaves standard normal. */
export function drawTree(builder: ProgramBuilder, dimension: number, depth: number): DecisionTree {
  return {
    coordinates: uniformClasses(builder, 2 ** depth - 1, dimension),
    leaves: builder.normal(1, 2 ** depth),
  };
}

/** The leaf that each row of x [R, d] comes to: [R, 1]. */
export function evaluateTree(builder: ProgramBuilder, { coordinates, leaves }: DecisionTree, x: Value): Value {
  const isPositive = builder.less(0, builder.product(x, coordinates, 'nt'));
  let answers = leaves;
  for (let nodes = leaves.columns / 2; nodes >= 1; nodes /= 2) {
    const asked = builder.slice(isPositive, { column: nodes - 1, columns: nodes });
    const [no, yes] = [builder.slice(answers, { columns: nodes }), builder.slice(answers, { column: nodes })];
    answers = builder.select(asked, yes, no);
  }
  return answers;
}

/**
 * c = E y y' (x·x') / d for standard normal x and x'. They come to the same leaf with probability s^D, s being the share of entries that agree in sign;
 * entries that agree add 2/π to x·x' on average, the others take it away: c = (2/π) E s^D (2 s − 1), d s binomial with probability ½.
 */
export function treeCorrelation(dimension: number, depth: number): number {
  // Binomial coefficients times a power of two that keeps them finite.
  let weight = 2 ** -Math.floor(dimension / 2);
  let [sum, total] = [0, 0];
  for (let agreeing = 0; agreeing <= dimension; agreeing += 1) {
    const share = agreeing / dimension;
    sum += weight * wholePower(share, depth) * (2 * share - 1);
    total += weight;
    weight *= (dimension - agreeing) / (agreeing + 1);
  }
  return (2 / Math.PI) * (sum / total);
}

function wholePower(x: number, exponent: number): number {
  let product = 1;
  for (let factor = 0; factor < exponent; factor += 1) product *= x;
  return product;
}
