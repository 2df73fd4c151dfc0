// What the compiler writes, looked at without a device: shielded arithmetic, bit patterns, one kernel for a region.

import { describe, expect, test } from 'vitest';
import {
  compileShaders,
  noShaderFusion,
  type CompiledKernel,
  type CompiledShaders,
  type WebGpuOptions,
} from '../../../backends/index.js';
import { ProgramBuilder, type Program } from '../../../tensor/index.js';
import { readConformanceVectors } from '../../contract/conformance.js';
import { proofProgram } from '../../../worker/proof-program.js';

const programs = [...readConformanceVectors().map(({ program }) => program), proofProgram()];

const sourcesOf = ({ kernels, tree }: CompiledShaders): readonly string[] => [...kernels, tree].map(({ source }) => source);
const allSources = (options?: WebGpuOptions): readonly string[] =>
  programs.flatMap((program) => sourcesOf(compileShaders(program, options)));

/** The device's own quotient and root are estimates, which the remainder corrects. */
const isEstimate = (line: string): boolean => line.includes('let estimate = ') || line.includes('bitcast<u32>(sqrt(');

/** Lines in which a rounded result does not pass the shield. */
function bareLines(source: string): readonly string[] {
  const lines = source.split('\n').filter((line) => !isEstimate(line));
  return lines.filter((line) => /\bfloat\([^()]*\) [-+*/] /.test(line.replaceAll(/rounded\(float\([^()]*\) [-+*] /g, '')));
}

/** h[t] = tanh(W h[t − 1] + x[t]). */
function recurrence(steps: number, units: number): Program {
  const builder = new ProgramBuilder();
  const [x, w] = [builder.uniform(steps, units), builder.input('w', units, units)];
  const states = builder.region(({ prev, set }) => {
    const state = prev(steps, units);
    const next = builder.tanh(builder.add(builder.matmul(state, w), x));
    set(state, next);
    return next;
  });
  builder.output('sum', builder.batchSum(states));
  return builder.build();
}

describe('compileShaders()', () => {
  test.each([
    ['fused', {}],
    ['operation by operation', { fusion: noShaderFusion }],
  ])('shields every rounded result (%s)', (_, options) => {
    const sources = allSources(options);
    expect(sources.filter((source) => !source.includes('return bitcast<u32>(x) ^ task.zero;'))).toEqual([]);
    expect(sources.flatMap(bareLines)).toEqual([]);
  });

  test('finds a result without its shield in this test', () => {
    expect(bareLines('let v1 = rounded(float(a) * float(b));')).toEqual([]);
    expect(bareLines('let v1 = bitcast<u32>(float(a) * float(b));')).toHaveLength(1);
  });

  test('never asks the device for a function that devices compute differently', () => {
    const differing =
      /\b(min|max|clamp|floor|ceil|round|trunc|fract|exp2?|log2?|pow|tanh|sinh?|cosh?|tan|fma|mix|dot|inverseSqrt)\(/;
    expect(allSources().filter((source) => differing.test(source))).toEqual([]);
  });

  test('writes numbers as bit patterns', () => {
    expect(allSources().filter((source) => /\d\.\d|\d\.?f\b/.test(source.replaceAll(/0x[0-9a-f]+u/g, '')))).toEqual([]);
  });

  test('runs a region in one kernel, however many time steps it has', () => {
    const [short, long] = [compileShaders(recurrence(2, 3)), compileShaders(recurrence(200, 3))];
    expect(short.kernels.filter(({ label }) => label.startsWith('region'))).toHaveLength(1);
    expect(long.kernels).toHaveLength(short.kernels.length);
    expect(sourcesOf(long).join('').length).toBeLessThan(sourcesOf(short).join('').length + 200);
  });

  test('shares the columns of a wide region among the invocations of a workgroup', () => {
    const regionOf = (units: number): CompiledKernel =>
      compileShaders(recurrence(4, units)).kernels.find(({ label }) => label.startsWith('region'))!;
    expect(regionOf(3)).toMatchObject({ invocations: 1, groupSize: 64 });
    expect(regionOf(40)).toMatchObject({ invocations: 32, groupSize: 256 });
    expect(regionOf(3).source).not.toContain('storageBarrier');
    expect(regionOf(40).source).toContain('storageBarrier');
  });

  test('computes a chain of element-wise operations where it is read', () => {
    const program = proofProgram();
    const [fused, separate] = [compileShaders(program), compileShaders(program, { fusion: noShaderFusion })];
    expect(fused.kernels.length).toBeLessThan(0.7 * separate.kernels.length);
    expect(fused.sizes.body).toBeLessThan(separate.sizes.body);
  });

  test('gives memory back that no kernel reads any more', () => {
    const builder = new ProgramBuilder();
    let x = builder.uniform(16, 16);
    for (let step = 0; step < 20; step += 1) x = builder.transpose(builder.product(x, x, 'nn'));
    builder.output('sum', builder.batchSum(x));
    expect(compileShaders(builder.build(), { fusion: noShaderFusion }).sizes.body).toBeLessThanOrEqual(3 * 256);
  });
});
