// Random programs of many operations on small shapes: whatever a compiler joins, shares, views or reuses, the bits stay the interpreter's.

import fc from 'fast-check';
import { type Program, ProgramBuilder, type Value } from '../../tensor/index.js';

type Choose = (below: number) => number;

const sizes = [1, 2, 3, 5, 8];

/** Writes a program by choices that are made for it. */
class RandomAuthor {
  readonly #builder = new ProgramBuilder();
  readonly #choose: Choose;
  readonly #pool: Value[] = [];
  #inputs = 0;

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  write(operations: number): Program {
    const builder = this.#builder;
    for (let index = 0; index < 2; index++) this.#pool.push(this.#fresh(this.#pick(sizes), this.#pick(sizes)));
    for (let index = 0; index < operations; index++) this.#pool.push(this.#next());
    const sums = this.#pool.slice(-3).map((value) => builder.batchSum(value, this.#choose(2) === 0));
    sums.forEach((sum, index) => builder.output(`sum${index}`, builder.add(builder.total(sum), sum)));
    const [a, b] = [this.#pool.at(-1)!, this.#value()];
    if (a.rows === b.rows) {
      builder.output('gradient', builder.weightGradient(a, b));
      builder.output('biased', builder.weightGradient(a, this.#withOnes(b)));
    }
    return builder.build();
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#choose(values.length)]!;
  }

  #value(): Value {
    return this.#pick(this.#pool);
  }

  #input(rows: number, columns: number): Value {
    return this.#builder.input(`input${this.#inputs++}`, rows, columns);
  }

  #fresh(rows: number, columns: number): Value {
    return this.#builder.multiply(this.#builder.subtract(this.#builder.uniform(rows, columns), 0.5), this.#input(1, columns));
  }

  /** A value of the same shape, or one that broadcasts to it. */
  #partner({ rows, columns }: Value): Value {
    const fitting = this.#pool.filter((other) => [1, rows].includes(other.rows) && [1, columns].includes(other.columns));
    return this.#choose(4) === 0 ? this.#input(this.#pick([1, rows]), this.#pick([1, columns])) : this.#pick(fitting);
  }

  /** Keeps numbers within bounds, so that differences are not hidden by infinities. */
  #bounded(x: Value): Value {
    return this.#builder.tanh(x);
  }

  #next(): Value {
    const [builder, x] = [this.#builder, this.#value()];
    const { rows, columns } = x;
    switch (this.#choose(17)) {
      case 0:
        return builder.add(x, this.#partner(x));
      case 1:
        return this.#bounded(builder.multiply(x, this.#partner(x)));
      case 2:
        return builder.select(builder.less(x, this.#partner(x)), x, this.#partner(x));
      case 3:
        return builder.exp(builder.negate(builder.absolute(x)));
      case 4:
        return this.#bounded(builder.matmul(x, this.#input(this.#pick(sizes), columns)));
      case 5:
        return this.#bounded(builder.matmul(x, this.#input(columns, this.#pick(sizes)), true));
      case 6:
        return this.#bounded(builder.product(x, x, this.#pick(['nt', 'tn'] as const)));
      case 7:
        return this.#bounded(
          builder.product(builder.product(x, x, 'nt', 'output'), x, this.#pick(['nn', 'tn'] as const), 'left'),
        );
      case 8:
        return builder.scan(builder.sigmoid(this.#input(this.#pick([1, rows]), columns)), x, this.#choose(2) === 0);
      case 9:
        return this.#bounded(builder.sum(x, this.#pick(['rows', 'columns'] as const)));
      case 10:
        return builder.subtract(x, builder.max(x));
      case 11: {
        const [row, column] = [this.#choose(rows), this.#choose(columns)];
        return builder.slice(x, { row, column, rows: 1 + this.#choose(rows - row), columns: 1 + this.#choose(columns - column) });
      }
      case 12: {
        const [row, column] = [this.#choose(3), this.#choose(2)];
        return builder.pad(x, { row, column, rows: rows + row + this.#choose(2), columns: columns + column + this.#choose(2) });
      }
      case 13:
        return builder.concatenate([x, this.#choose(2) === 0 ? x : builder.negate(x)], this.#pick(['rows', 'columns'] as const));
      case 14:
        return this.#bounded(builder.matmul(this.#withOnes(x), this.#input(this.#pick(sizes), columns + 1)));
      case 15:
        return this.#choose(2) === 0 ? builder.transpose(x) : builder.reshape(x, columns, rows);
      default:
        return rows > 1 ? builder.shift(x, this.#pick([1, -1, 2, 6])) : this.#region(x);
    }
  }

  /** With a column of ones behind, as models with biases have it. */
  #withOnes(x: Value): Value {
    const ones = this.#builder.expand(this.#builder.constant(1), x.rows, 1);
    return this.#builder.concatenate([x, ones], 'columns');
  }

  #region(x: Value): Value {
    const builder = this.#builder;
    const driven = builder.concatenate([x, builder.negate(x), x], 'rows');
    const w = this.#input(x.columns, x.columns);
    return builder.region(
      (scope) => {
        const h = scope.prev(driven.rows, x.columns);
        const next = this.#bounded(builder.add(builder.matmul(h, w), driven));
        scope.set(h, next);
        return next;
      },
      this.#choose(2) === 0,
    );
  }
}

/** Choices, how many operations they make, and a number for the microbatch. */
export const randomChoices = fc.tuple(
  fc.infiniteStream(fc.nat({ max: 2 ** 30 })),
  fc.integer({ min: 1, max: 14 }),
  fc.nat({ max: 1000 }),
);

/** The program that these choices make. */
export function authoredProgram(stream: Iterator<number>, operations: number): Program {
  return new RandomAuthor((below) => Number(stream.next().value) % below).write(operations);
}
