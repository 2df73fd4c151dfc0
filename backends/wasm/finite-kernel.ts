// Whether all outputs are finite: adding one to an exponent of all ones reaches the sign bit, whose place was cleared before. What the
// sums of all of these bits leave there is stored in the header.

import { Assembler } from './assembler.js';
import { valueAt } from './graph.js';
import { header } from './header.js';
import type { Emission } from './place.js';

const magnitude = 0x7fffffff;
const oneExponent = 0x00800000;

/** Stores in the header 0 where every element of every output is finite, something else otherwise. */
export function finiteKernel({ graph, plan }: Emission): Assembler {
  const code = new Assembler();
  const offset = code.local();
  const rest = code.local();
  const carries = code.local('v128');
  for (const output of new Set(graph.program.outputs.map(({ value }) => value))) {
    const { rows, columns } = valueAt(graph, output);
    const address = plan.bases.get(output)!;
    const byteLength = rows * columns * 4;
    const whole = byteLength & ~15;
    if (whole > 0) {
      code.repeat(offset, { from: 0, to: whole, step: 16 }, () => {
        code.get(carries).get(offset).loadUnaligned(address);
        code.splatInteger(magnitude).emit('v128.and').splatInteger(oneExponent).emit('i32x4.add', 'v128.or').set(carries);
      });
    }
    for (let place = whole; place < byteLength; place += 4) {
      code.get(rest).integer(address + place);
      code.loadInteger(0).integer(magnitude).emit('i32.and').integer(oneExponent).emit('i32.add', 'i32.or').set(rest);
    }
  }
  code.integer(header.nonFinite).get(carries).emit('i32x4.bitmask');
  return code.get(rest).integer(0).emit('i32.lt_s', 'i32.or').storeInteger(0);
}
