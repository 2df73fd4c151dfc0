// The most that one core does with 128-bit vectors of f32: a loop that touches registers alone.
//
//   mᵢ ← mᵢ · c + c   for a dozen chains i; strict: product and sum rounded one after the other, relaxed: fused
//
// Enough chains hide the latency of a product and a sum, too many do not fit into registers; which number is best depends on the
// processor, so several are tried. The module is written byte by byte here, so that it measures the machine and not our compiler.

/** Which arithmetic a peak is for. Relaxed fuses a product with its sum, which the numerics contract does not allow. */
export type PeakKind = 'strict' | 'relaxed';

/** A compiled peak loop. */
export interface PeakLoop {
  /** Runs so many iterations; the result depends on every chain, so that none can be left out. */
  readonly run: (iterations: number) => number;
  readonly flopsPerIteration: number;
}

/** Chains that are worth trying. */
export const chainCounts: readonly number[] = [12, 13, 14];

const stepsPerIteration = 16;
const lanes = 4;

const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
const parameters = { iterations: 0, constant: 1 } as const;
const constantVector = 2;
const firstChain = 3;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const f32x4 = {
  splat: [0xfd, 0x13],
  extractLane: [0xfd, 0x1f, 0],
  add: [0xfd, 0xe4, 0x01],
  multiply: [0xfd, 0xe6, 0x01],
  relaxedMultiplyAdd: [0xfd, 0x85, 0x02],
} as const;
const i32 = { constant: (value: number): number[] => [0x41, value], subtract: [0x6b] } as const;

function chainStep(kind: PeakKind, chain: number): number[] {
  const operands = [...get(chain), ...get(constantVector)];
  const arithmetic =
    kind === 'relaxed'
      ? [...get(constantVector), ...f32x4.relaxedMultiplyAdd]
      : [...f32x4.multiply, ...get(constantVector), ...f32x4.add];
  return [...operands, ...arithmetic, ...set(chain)];
}

function functionBody(kind: PeakKind, chainCount: number): number[] {
  const chains = Array.from({ length: chainCount }, (_, index) => firstChain + index);
  const start = [
    ...[...get(parameters.constant), ...f32x4.splat, ...set(constantVector)],
    ...chains.flatMap((chain) => [...get(constantVector), ...set(chain)]),
  ];
  const step = chains.flatMap((chain) => chainStep(kind, chain));
  const steps = Array.from({ length: stepsPerIteration }, () => step).flat();
  const countDown = [...get(parameters.iterations), ...i32.constant(1), ...i32.subtract, 0x22, parameters.iterations];
  const loop = [0x03, 0x40, ...steps, ...countDown, 0x0d, 0x00, 0x0b];
  const sum = chains.flatMap((chain, index) => (index === 0 ? get(chain) : [...get(chain), ...f32x4.add]));
  const locals = [0x01, chainCount + 1, types.v128];
  return [...locals, ...start, ...loop, ...sum, ...f32x4.extractLane, 0x0b];
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The bytes of the module, which exports `run(iterations, constant)`. */
export function peakModule(kind: PeakKind, chainCount: number): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
  const body = functionBody(kind, chainCount);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 2, types.i32, types.f32, 1, types.f32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0x00, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Compiles a peak loop. Relaxed SIMD must be switched on before. */
export function compilePeakLoop(kind: PeakKind, chainCount: number): PeakLoop {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(peakModule(kind, chainCount)));
  const run = exports['run'] as (iterations: number, constant: number) => number;
  return {
    // With c = ½ every chain tends to 1: nothing overflows, nothing becomes subnormal.
    run: (iterations) => run(iterations, 0.5),
    flopsPerIteration: 2 * chainCount * stepsPerIteration * lanes,
  };
}
