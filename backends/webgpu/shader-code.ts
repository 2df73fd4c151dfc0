// The text of a shader while it is written: statements in blocks, names that are used once, and the functions that it calls.

import type { FunctionName } from './shader-functions.js';

/** An expression of type u32 in WGSL: the bits of an f32, an integer or an index. */
export type Word = string;

/** Statements of one function of a shader. */
export class ShaderCode {
  readonly functions = new Set<FunctionName>();
  readonly #lines: string[] = [];
  /** What is known of the surrounding blocks, innermost last. */
  readonly #scopes = [new Map<string, Word>()];
  #names = 0;

  /** All statements. */
  get text(): string {
    return this.#lines.join('\n');
  }

  /** A name that nothing else has. */
  name(prefix = 'v'): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  /** Appends a statement. */
  statement(text: string): void {
    this.#lines.push(text);
  }

  /** A name for the value of an expression. */
  let(expression: string): Word {
    const name = this.name();
    this.statement(`let ${name} = ${expression};`);
    return name;
  }

  /** A variable that starts with a value. */
  variable(start: Word): Word {
    const name = this.name();
    this.statement(`var ${name} = ${start};`);
    return name;
  }

  /** A statement with a body: a loop or a condition. */
  block(head: string, body: () => void): void {
    this.statement(`${head} {`);
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
    this.statement('}');
  }

  /** Runs `body` for 0, 1, … count − 1. */
  loop(count: number | Word, body: (index: Word) => void): void {
    if (count === 1) return body('0u');
    const index = this.name('i');
    const limit = typeof count === 'number' ? `${count}u` : count;
    this.block(`for (var ${index} = 0u; ${index} < ${limit}; ${index}++)`, () => body(index));
  }

  /** Runs `body` for from, from + step, … below `to`. */
  stride(range: { readonly from: Word; readonly to: number; readonly step: number }, body: (index: Word) => void): void {
    const index = this.name('i');
    this.block(`for (var ${index} = ${range.from}; ${index} < ${range.to}u; ${index} += ${range.step}u)`, () => body(index));
  }

  /** What `make` gave for this key in this block or around it; otherwise what it gives now. */
  once(key: string, make: () => Word): Word {
    const known = this.#scopes.findLast((scope) => scope.has(key))?.get(key);
    if (known !== undefined) return known;
    const word = make();
    this.#scopes.at(-1)!.set(key, word);
    return word;
  }

  /** The call of a function that the shader then defines. */
  call(name: FunctionName, ...operands: readonly Word[]): Word {
    this.functions.add(name);
    return this.let(`${name}(${operands.join(', ')})`);
  }
}

/** index + offset, for indexes that are names or literals. */
export function plus(index: Word, offset: number): Word {
  if (offset === 0) return index;
  if (/^\d+u$/.test(index)) return `${(Number.parseInt(index, 10) + offset) >>> 0}u`;
  return offset > 0 ? `(${index} + ${offset}u)` : `(${index} - ${-offset}u)`;
}
