// Puts functions together into the bytes of a WebAssembly module that imports its memory as `env.memory`.

import type { Assembler } from './assembler.js';
import { unsigned, valueTypes } from './opcodes.js';

interface ModuleFunction {
  readonly body: Assembler;
  readonly exportName: string | undefined;
}

const text = (value: string): number[] => [...unsigned(value.length), ...Array.from(value, (letter) => letter.charCodeAt(0))];

/** Functions in the order in which they were added; all parameters are i32, there are no results. */
export class ModuleBuilder {
  readonly #functions: ModuleFunction[] = [];

  /** Adds a function and returns the index to call it by. */
  add(body: Assembler, exportName?: string): number {
    this.#functions.push({ body, exportName });
    return this.#functions.length - 1;
  }

  /** The module's bytes; its memory must have at least `pageCount` pages of 64 KiB. */
  finish(pageCount: number): Uint8Array<ArrayBuffer> {
    const parameterCounts = [...new Set(this.#functions.map(({ body }) => body.parameterCount))];
    const types = parameterCounts.map((count) => [0x60, ...unsigned(count), ...Array<number>(count).fill(valueTypes.i32), 0]);
    const typeIndexes = this.#functions.map(({ body }) => unsigned(parameterCounts.indexOf(body.parameterCount)));
    const exports = this.#functions.flatMap(({ exportName }, index) =>
      exportName === undefined ? [] : [[...text(exportName), 0x00, ...unsigned(index)]],
    );
    const bodies = this.#functions.map(({ body }) => {
      const code = body.finish();
      return unsigned(code.length).concat(code);
    });
    const sections: readonly (readonly [number, readonly (readonly number[])[]])[] = [
      [1, types],
      [2, [[...text('env'), ...text('memory'), 0x02, 0x00, ...unsigned(pageCount)]]],
      [3, typeIndexes],
      [7, exports],
      [10, bodies],
    ];
    const bytes: number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    for (const [id, items] of sections) {
      const content = unsigned(items.length).concat(...items);
      bytes.push(id);
      for (const byte of unsigned(content.length)) bytes.push(byte);
      for (const byte of content) bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }
}
