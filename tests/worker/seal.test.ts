import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isFiniteBits, sealSums } from '../../worker/index.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('isFiniteBits()', () => {
  it('accepts zeros of both signs and the largest numbers', () => {
    expect(isFiniteBits(new Float32Array([0, -0, 3.4e38, -3.4e38, 2 ** -126]))).toBe(true);
  });

  it.each([Infinity, -Infinity, NaN])('finds %s at any place', (value) => {
    expect(isFiniteBits(new Float32Array([1, 2, value]))).toBe(false);
  });
});

describe('sealSums()', () => {
  it('digests a view by its own bytes alone', () => {
    const memory = new Float32Array([9, 1, 2, 9]);
    expect(sealSums(memory.subarray(1, 3), sha256)).toEqual({
      finite: true,
      payloadSha256: sha256(new Uint8Array(new Float32Array([1, 2]).buffer)),
    });
  });

  it('digests nothing where a sum is not finite', () => {
    expect(sealSums(new Float32Array([1, NaN]), sha256)).toEqual({ finite: false, payloadSha256: sha256(new Uint8Array(0)) });
  });
});
