// Draws of whole numbers and subsets as one-hot values. Nothing is rejected and drawn again, so every sequence takes the same draws.

import type { ProgramBuilder, Value } from '../../tensor/index.js';

/** One-hot rows [rows, size], each uniform over `size` classes. */
export function uniformClasses(builder: ProgramBuilder, rows: number, size: number): Value {
  return classesOf(builder, builder.uniform(rows, 1), size);
}

/** The class of u [rows, 1] in (0, 1) as one-hot row: class j where j / size ≤ u < (j + 1) / size. */
function classesOf(builder: ProgramBuilder, u: Value, size: number): Value {
  const bounds = builder.iota(1, size, 'columns');
  const scaled = builder.multiply(u, size);
  const isAbove = builder.lessOrEqual(bounds, scaled);
  return builder.subtract(isAbove, builder.lessOrEqual(builder.add(bounds, 1), scaled));
}

/**
 * `count` different classes of `size` in random order, as one-hot rows [count, size]; every ordered choice is equally likely. The next one is the
 * r-th of those that are left, r uniform.
 */
export function distinctClasses(builder: ProgramBuilder, count: number, size: number): Value {
  let isLeft = builder.expand(1, size, 1);
  const chosen: Value[] = [];
  const u = builder.uniform(count, 1);
  for (let index = 0; index < count; index += 1) {
    const r = builder.multiply(builder.row(u, index), size - index);
    // How many are left up to and including each class.
    const rank = builder.scan(builder.constant(1), isLeft);
    const isReached = builder.less(r, rank);
    const wasReached = builder.less(r, builder.subtract(rank, isLeft));
    const choice = builder.subtract(isReached, wasReached);
    chosen.push(builder.transpose(choice));
    isLeft = builder.subtract(isLeft, choice);
  }
  return builder.concatenate(chosen, 'rows');
}

/**
 * Which of `weights.length` places `count` things go to, no two to the same: one-hot columns [places, count], drawn one after the other in
 * proportion to the weights of the places that are free (Efraimidis & Spirakis 2006: the smallest of Exponential(weight)).
 */
export function weightedPlaces(builder: ProgramBuilder, count: number, weights: readonly number[]): Value {
  const places = weights.length;
  const rates = builder.table(
    places,
    1,
    weights.map((weight) => -1 / weight),
  );
  const times = builder.multiply(builder.log(builder.uniform(places, 1)), rates);
  // Equal times are one in 2^24; then the first place is the earlier one.
  const isEarlier = builder.less(builder.transpose(times), times);
  const isTied = builder.multiply(
    builder.equal(builder.transpose(times), times),
    builder.less(builder.iota(places, places, 'columns'), builder.iota(places, places, 'rows')),
  );
  const rank = builder.sum(builder.add(isEarlier, isTied), 'columns');
  return builder.equal(rank, builder.iota(1, count, 'columns'));
}
