// What a tab computes on, and how much.

import { describe, expect, test, vi } from 'vitest';
import { gpuFailureOf, planDevice, type DeviceFacts } from '../../browser-worker/computing/device-plan.js';
import { restAfter } from '../../browser-worker/computing/duty.js';
import { lookForGpu, type GpuPlace } from '../../browser-worker/computing/gpu-sight.js';

const card = { vendor: 'nvidia', architecture: 'ampere', device: '', description: '', isFallbackAdapter: false };
const placeWith = (info: Partial<typeof card> | null): GpuPlace => ({
  requestAdapter: () => Promise.resolve(info === null ? null : { info: { ...card, ...info } as GPUAdapterInfo }),
});

describe('lookForGpu()', () => {
  test('tells apart why there is none', async () => {
    expect(await lookForGpu(undefined, true)).toEqual({ type: 'missing', reason: 'no-webgpu' });
    expect(await lookForGpu(undefined, false)).toEqual({ type: 'missing', reason: 'insecure-origin' });
    expect(await lookForGpu(placeWith(null), true)).toEqual({ type: 'missing', reason: 'no-adapter' });
    const broken = { requestAdapter: () => Promise.reject(new Error('blocked')) };
    expect(await lookForGpu(broken, true)).toEqual({ type: 'missing', reason: 'no-adapter' });
  });

  test('does not wait for ever', async () => {
    vi.useFakeTimers();
    const looking = lookForGpu({ requestAdapter: () => new Promise(() => undefined) }, true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await looking).toEqual({ type: 'missing', reason: 'no-adapter' });
    vi.useRealTimers();
  });

  test('names a card by what the browser tells of it', async () => {
    expect(await lookForGpu(placeWith({}), true)).toEqual({ type: 'found', name: 'nvidia ampere', isSoftware: false });
    const described = { description: 'NVIDIA RTX A4000' };
    expect(await lookForGpu(placeWith(described), true)).toMatchObject({ name: 'NVIDIA RTX A4000' });
    const nameless = { vendor: '', architecture: '' };
    expect(await lookForGpu(placeWith(nameless), true)).toMatchObject({ name: 'a GPU without a name' });
  });

  test.each([
    { architecture: 'swiftshader', vendor: 'google' },
    { vendor: 'mesa', architecture: 'llvmpipe' },
    { description: 'Microsoft Basic Render Driver' },
    { isFallbackAdapter: true },
  ])('knows a card in software when it sees %o', async (info) => {
    expect(await lookForGpu(placeWith(info), true)).toMatchObject({ isSoftware: true });
  });
});

describe('planDevice()', () => {
  const real = { type: 'found', name: 'nvidia ampere', isSoftware: false } as const;
  const soft = { ...real, isSoftware: true };
  const planned = (facts: Partial<DeviceFacts>) =>
    planDevice({ choice: 'automatic', sight: real, failure: undefined, lossCount: 0, ...facts });

  test('takes a real card by itself, one in software when asked', () => {
    expect(planned({})).toMatchObject({ type: 'gpu', name: 'nvidia ampere' });
    expect(planned({ sight: soft })).toMatchObject({ type: 'processor', reason: 'software-gpu' });
    expect(planned({ sight: soft, choice: 'gpu' })).toMatchObject({ type: 'gpu', isSoftware: true });
    expect(planned({ choice: 'processor' })).toEqual({ type: 'processor', reason: 'chosen' });
  });

  test('takes no card that is not there or has failed, whoever asks for it', () => {
    const missing = { type: 'missing', reason: 'no-adapter' } as const;
    expect(planned({ sight: missing, choice: 'gpu' })).toEqual({ type: 'processor', reason: 'no-adapter' });
    expect(planned({ sight: missing, failure: 'gpu-failed' })).toEqual({ type: 'processor', reason: 'gpu-failed' });
    for (const failure of ['gpu-differs', 'gpu-too-small', 'gpu-failed'] as const) {
      expect(planned({ failure, choice: 'gpu' })).toEqual({ type: 'processor', reason: failure, gpuName: 'nvidia ampere' });
    }
  });
});

test('gpuFailureOf() blames the card for what a card can do', () => {
  const codes = ['proof-failed', 'program-rejected', 'compute-failed', 'unauthorized', 'protocol-version', 'wrong-bits'];
  expect(codes.map(gpuFailureOf)).toEqual(['gpu-differs', 'gpu-too-small', 'gpu-failed', undefined, undefined, undefined]);
});

test('restAfter() makes work the wanted share of all time, and no rest endless', () => {
  for (const percent of [10, 50, 80]) {
    const rest = restAfter(100, percent);
    expect((100 * 100) / (100 + rest)).toBeCloseTo(percent, 9);
  }
  expect(restAfter(100, 100)).toBe(0);
  expect(restAfter(60_000, 10)).toBe(5000);
});
