// The functions that shaders call: division and square root by an estimate and its remainder, and the portable functions.

import { cos, exp, type LaneArithmetic, log, sigmoid, sin, tanh, threefry, uniform } from '../../tensor/index.js';
import type { ArithmeticFault } from './options.js';
import { ShaderCode, type Word } from './shader-code.js';
import { shaderLanes } from './shader-lanes.js';

/** The names of the functions of the library. */
export type FunctionName = keyof typeof writtenFunctions | keyof typeof portableFunctions | 'random';

// Quotient and root are found as integers of 24 bits: whatever the device's own division and root give for numbers of 1 … 4, an
// ulp or three off, the remainder says how far to go. Results below the smallest normal number are zero, as on a device that
// flushes; the contract has a flush behind each of them.
const writtenFunctions = {
  /** a ÷ b, rounded once. */
  divide: `
fn divide(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & 0x80000000u;
  let x = a & 0x7fffffffu;
  let y = b & 0x7fffffffu;
  if (x > 0x7f800000u || y > 0x7f800000u || (x == 0x7f800000u && y == 0x7f800000u)) { return 0x7fc00000u; }
  if (y < 0x800000u) { return select(sign | 0x7f800000u, 0x7fc00000u, x < 0x800000u); }
  if (x == 0x7f800000u) { return sign | 0x7f800000u; }
  if (x < 0x800000u || y == 0x7f800000u) { return sign; }
  let m = (x & 0x7fffffu) | 0x800000u;
  let n = (y & 0x7fffffu) | 0x800000u;
  let less = select(0u, 1u, m < n);
  let estimate = float((x & 0x7fffffu) | 0x3f800000u) / float((y & 0x7fffffu) | 0x3f800000u);
  var q = bitcast<u32>(estimate) - (0x3f000000u - less * 0x800000u);
  let d = bitcast<i32>(n);
  var r = bitcast<i32>((m << (23u + less)) - q * n);
  for (var i = 0; i < 8 && r < 0; i++) { q -= 1u; r += d; }
  for (var i = 0; i < 8 && r >= d; i++) { q += 1u; r -= d; }
  q += select(0u, 1u, r + r > d);
  let e = bitcast<i32>(x >> 23u) - bitcast<i32>(y >> 23u) + 127 - bitcast<i32>(less);
  if (e < 1) { return sign; }
  if (e > 254) { return sign | 0x7f800000u; }
  return sign | ((bitcast<u32>(e) << 23u) + (q - 0x800000u));
}`,
  /** The root of x, rounded once. */
  square_root: `
fn square_root(x: u32) -> u32 {
  if ((x & 0x7fffffffu) < 0x800000u) { return x & 0x80000000u; }
  if (x >= 0x7f800000u) { return select(0x7fc00000u, x, x == 0x7f800000u); }
  let m = (x & 0x7fffffu) | 0x800000u;
  let odd = 1u - ((x >> 23u) & 1u);
  var q = bitcast<u32>(sqrt(float(((x & 0x7fffffu) | 0x3f800000u) + odd * 0x800000u))) - 0x3f000000u;
  var r = bitcast<i32>((m << (23u + odd)) - q * q);
  for (var i = 0; i < 8 && r < 0; i++) { q -= 1u; r += bitcast<i32>(2u * q + 1u); }
  for (var i = 0; i < 8 && r > bitcast<i32>(2u * q); i++) { r -= bitcast<i32>(2u * q + 1u); q += 1u; }
  q += select(0u, 1u, r > bitcast<i32>(q));
  return (((((x >> 23u) + 1u) >> 1u) + 63u) << 23u) + (q - 0x800000u);
}`,
  /** a · b + c rounded once but for double roundings: what a device does that contracts. Only planted faults call it. */
  contracted: `
fn contracted(a: u32, b: u32, c: u32) -> u32 {
  let p = rounded(float(a) * float(b));
  let high_a = float(a & 0xfffff000u);
  let high_b = float(b & 0xfffff000u);
  let low_a = float(rounded(float(a) - high_a));
  let low_b = float(rounded(float(b) - high_b));
  let e0 = float(rounded(float(rounded(high_a * high_b)) - float(p)));
  let e1 = float(rounded(e0 + float(rounded(high_a * low_b))));
  let e2 = float(rounded(e1 + float(rounded(low_a * high_b))));
  let e3 = float(rounded(e2 + float(rounded(low_a * low_b))));
  let s = rounded(float(p) + float(c));
  let back = float(rounded(float(s) - float(p)));
  let lost_p = float(rounded(float(p) - float(rounded(float(s) - back))));
  let lost_c = float(rounded(float(c) - back));
  let lost = float(rounded(float(rounded(lost_p + lost_c)) + e3));
  return rounded(float(s) + lost);
}`,
} as const;

type Unary = <V>(a: LaneArithmetic<V>, x: V) => V;
const portableFunctions = {
  portable_exp: exp,
  portable_log: log,
  portable_tanh: tanh,
  portable_sigmoid: sigmoid,
  portable_sin: sin,
  portable_cos: cos,
  portable_uniform: uniform,
} as const satisfies Readonly<Record<string, Unary>>;

const isWritten = (name: FunctionName): name is keyof typeof writtenFunctions => name in writtenFunctions;

/** The definitions of functions and of those that they call. */
export function functionTexts(names: ReadonlySet<FunctionName>, fault?: ArithmeticFault): string {
  const texts = new Map<FunctionName, string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (texts.has(name)) continue;
    const { text, calls } = definition(name, fault);
    texts.set(name, text);
    waiting.push(...calls);
  }
  return [...texts.values()].join('\n');
}

interface Definition {
  readonly text: string;
  readonly calls: ReadonlySet<FunctionName>;
}

function definition(name: FunctionName, fault?: ArithmeticFault): Definition {
  if (isWritten(name)) return { text: writtenFunctions[name], calls: new Set() };
  const code = new ShaderCode();
  const lanes = shaderLanes(code, fault);
  if (name === 'random') {
    const words = threefry<Word>(lanes, ['task.key0', 'task.key1'], ['sequence', 'counter']);
    const result = `return vec2<u32>(${words.join(', ')});`;
    return { text: `fn random(sequence: u32, counter: u32) -> vec2<u32> {\n${code.text}\n${result}\n}`, calls: code.functions };
  }
  const result = portableFunctions[name](lanes, 'x');
  return { text: `fn ${name}(x: u32) -> u32 {\n${code.text}\nreturn ${result};\n}`, calls: code.functions };
}
