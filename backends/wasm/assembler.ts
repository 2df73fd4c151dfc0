// Emits the body of one WebAssembly function, instruction by instruction.

import { header } from './header.js';
import { encodings, type Instruction, signed, unsigned, valueTypes, type ValueType } from './opcodes.js';

const vectorPrefix = 0xfd;

/** The bytes of a function under construction; every emitting method returns the assembler, so that code reads as a sequence. */
export class Assembler {
  readonly parameterCount: number;
  readonly #locals: ValueType[] = [];
  readonly #code: number[] = [];
  /** Locals of the vectors that splatBits() pushes, by their bits; zero costs nothing to make. */
  readonly #constants = new Map<number, number>();

  constructor(parameterCount = 0) {
    this.parameterCount = parameterCount;
  }

  /** A new local of this type. */
  local(type: ValueType = 'i32'): number {
    this.#locals.push(type);
    return this.parameterCount + this.#locals.length - 1;
  }

  locals(type: ValueType, count: number): readonly number[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  #bytes(bytes: readonly number[]): this {
    for (const byte of bytes) this.#code.push(byte);
    return this;
  }

  #memory(operation: readonly number[], alignment: number, offset: number): this {
    return this.#bytes(operation).#bytes([alignment]).#bytes(unsigned(offset));
  }

  emit(...instructions: readonly Instruction[]): this {
    for (const instruction of instructions) this.#bytes(encodings.get(instruction) ?? []);
    return this;
  }

  get(local: number): this {
    return this.#bytes([0x20, ...unsigned(local)]);
  }

  set(local: number): this {
    return this.#bytes([0x21, ...unsigned(local)]);
  }

  tee(local: number): this {
    return this.#bytes([0x22, ...unsigned(local)]);
  }

  integer(value: number): this {
    return this.#bytes([0x41, ...signed(value)]);
  }

  /** Pushes the vector whose four lanes have these bits. */
  splatBits(pattern: number): this {
    const bits = pattern | 0;
    if (bits === 0) return this.#bytes([vectorPrefix, 0x0c, ...new Array<number>(16).fill(0)]);
    const known = this.#constants.get(bits) ?? this.local('v128');
    this.#constants.set(bits, known);
    return this.get(known);
  }

  /** Pushes the vector (0, 1, 2, 3) + first. */
  countFrom(first: number): this {
    this.#bytes([vectorPrefix, 0x0c]);
    for (let lane = 0; lane < 4; lane++) this.#bytes([first + lane, 0, 0, 0]);
    return this;
  }

  /** Pushes the vector whose four lanes are this integer. */
  splatInteger(value: number): this {
    return this.splatBits(value | 0);
  }

  load(offset: number): this {
    return this.#memory([vectorPrefix, 0x00], 4, offset);
  }

  /** Alignment is a hint: rows of parameters start anywhere. */
  loadUnaligned(offset: number): this {
    return this.#memory([vectorPrefix, 0x00], 2, offset);
  }

  loadSplat(offset: number): this {
    return this.#memory([vectorPrefix, 0x09], 2, offset);
  }

  store(offset: number): this {
    return this.#memory([vectorPrefix, 0x0b], 4, offset);
  }

  storeUnaligned(offset: number): this {
    return this.#memory([vectorPrefix, 0x0b], 2, offset);
  }

  loadInteger(offset: number): this {
    return this.#memory([0x28], 2, offset);
  }

  loadFloat(offset: number): this {
    return this.#memory([0x2a], 2, offset);
  }

  storeFloat(offset: number): this {
    return this.#memory([0x38], 2, offset);
  }

  storeInteger(offset: number): this {
    return this.#memory([0x36], 2, offset);
  }

  extractLane(lane: number): this {
    return this.#bytes([vectorPrefix, 0x1f, lane]);
  }

  shuffle(bytes: readonly number[]): this {
    return this.#bytes([vectorPrefix, 0x0d, ...bytes]);
  }

  /** local += amount. */
  advance(local: number, amount: number): this {
    return amount === 0 ? this : this.get(local).integer(amount).emit('i32.add').set(local);
  }

  block(): this {
    return this.#bytes([0x02, 0x40]);
  }

  loop(): this {
    return this.#bytes([0x03, 0x40]);
  }

  if(result?: ValueType): this {
    return this.#bytes([0x04, result === undefined ? 0x40 : valueTypes[result]]);
  }

  else(): this {
    return this.#bytes([0x05]);
  }

  end(): this {
    return this.#bytes([0x0b]);
  }

  branchIf(depth: number): this {
    return this.#bytes([0x0d, ...unsigned(depth)]);
  }

  call(functionIndex: number): this {
    return this.#bytes([0x10, ...unsigned(functionIndex)]);
  }

  /** memory.fill: address, byte and length from the stack. */
  fillMemory(): this {
    return this.#bytes([0xfc, 0x0b, 0x00]);
  }

  /** Fills `byteLength` bytes at a fixed address with zeros. */
  zero(address: number, byteLength: number): this {
    return byteLength === 0 ? this : this.integer(address).integer(0).integer(byteLength).fillMemory();
  }

  /** Runs `body` for local = from, from + step, … until it equals `to`; the body runs at least once. */
  repeat(
    local: number,
    { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
    body: () => void,
  ): this {
    this.integer(from).set(local).loop();
    body();
    return this.get(local).integer(step).emit('i32.add').tee(local).integer(to).emit('i32.ne').branchIf(0).end();
  }

  /** The function's body as the code section wants it, without its length. */
  finish(): readonly number[] {
    const runs: [number, ValueType][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const declarations = [...unsigned(runs.length), ...runs.flatMap(([count, type]) => [...unsigned(count), valueTypes[type]])];
    return declarations.concat(this.#constantsCode(), this.#code, [0x0b]);
  }

  /**
   * Sets the constants' locals. An engine that saw a constant would make it anew in every pass of a loop (V8 12 does); what comes out of
   * memory it has to keep.
   */
  #constantsCode(): readonly number[] {
    const code = new Assembler();
    for (const [bits, local] of this.#constants) {
      code.integer(header.zero).loadInteger(0).integer(bits).emit('i32.add', 'i32x4.splat').set(local);
    }
    return code.#code;
  }
}
