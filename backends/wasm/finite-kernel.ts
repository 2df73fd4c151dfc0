// Whether all outputs are finite: adding one to an exponent of all ones reaches the sign bit, whose place was cleared before. What the
// sums of all of these bits leave there is stored in the header.

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
  const carries = code.locals('v128', unrolled);
  for (const output of new Set(graph.program.outputs.map(({ value }) => value))) {
    const { rows, columns } = valueAt(graph, output);
    const address = plan.bases.get(output)!;
    const byteLength = rows * columns * 4;
    const [many, whole] = [byteLength - (byteLength % (16 * unrolled)), byteLength & ~15];
    const look = (carry: number, at: number): void => {
      code.get(carry).get(offset).loadUnaligned(at).splatInteger(magnitude).emit('v128.and').splatInteger(oneExponent);
      code.emit('i32x4.add', 'v128.or').set(carry);
    };
    if (many > 0) {
      code.repeat(offset, { from: 0, to: many, step: 16 * unrolled }, () => {
        carries.forEach((carry, index) => look(carry, address + 16 * index));
      });
    }
    if (many < whole) code.repeat(offset, { from: many, to: whole, step: 16 }, () => look(carries[0]!, address));
    for (let place = whole; place < byteLength; place += 4) {
      code.get(rest).integer(address + place);
      code.loadInteger(0).integer(magnitude).emit('i32.and').integer(oneExponent).emit('i32.add', 'i32.or').set(rest);
    }
  }
  code.integer(header.nonFinite).splatBits(0);
  for (const carry of carries) code.get(carry).emit('v128.or');
  return code.emit('i32x4.bitmask').get(rest).integer(0).emit('i32.lt_s', 'i32.or').storeInteger(0);
}
