// Whether all outputs are finite: the largest magnitude as an integer tells. What is stored in the header has the sign bit of a sum:
// adding one to an exponent of all ones reaches it.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { header } from './header.js';
import type { Emission } from './place.js';

const magnitude = 0x7fffffff;
const oneExponent = 0x00800000;
/** Vectors looked at in one pass. */
const unrolled = 4;

/** Stores in the header 0 where every element of every output is finite, something else otherwise. */
export function finiteKernel({ graph, plan }: Emission): Assembler {
  const code = new Assembler();
  const offset = code.local();
  const rest = code.local();
  const largest = code.locals('v128', unrolled);
  for (const output of new Set(graph.program.outputs.map(({ value }) => value))) {
    const { rows, columns } = valueAt(graph, output);
    const address = plan.bases.get(output)!;
    const byteLength = rows * columns * 4;
    const [many, whole] = [byteLength - (byteLength % (16 * unrolled)), byteLength & ~15];
    const look = (local: number, at: number): void => {
      code.get(local).get(offset).loadUnaligned(at).splatInteger(magnitude).emit('v128.and', 'i32x4.max_s').set(local);
    };
    if (many > 0) {
      code.repeat(offset, { from: 0, to: many, step: 16 * unrolled }, () => {
        largest.forEach((local, index) => look(local, address + 16 * index));
      });
    }
    if (many < whole) code.repeat(offset, { from: many, to: whole, step: 16 }, () => look(largest[0]!, address));
    for (let place = whole; place < byteLength; place += 4) {
      code.get(rest).integer(address + place);
      code.loadInteger(0).integer(magnitude).emit('i32.and').integer(oneExponent).emit('i32.add', 'i32.or').set(rest);
    }
  }
  code.integer(header.nonFinite).splatBits(0);
  for (const local of largest) code.get(local).emit('i32x4.max_s');
  code.splatInteger(oneExponent).emit('i32x4.add');
  return code.emit('i32x4.bitmask').get(rest).integer(0).emit('i32.lt_s', 'i32.or').storeInteger(0);
}
