import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { RunError } from '../../coordinator/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../coordinator/store/index.js';

const file = {
  metadata: { step: '3' },
  tensors: [
    { name: 'w', shape: [2, 2], values: Float32Array.of(1, -0, 0.5, 2 ** -126) },
    { name: 'b', shape: [1, 1], values: Float32Array.of(-3) },
  ],
};

test('encodeSafetensors() writes the bytes of the format', () => {
  const header =
    '{"__metadata__":{"step":"3"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
  const expected = Buffer.concat([
    Buffer.of(padded.length, 0, 0, 0, 0, 0, 0, 0),
    Buffer.from(padded),
    Buffer.from('0000803f' + '00000080' + '0000003f' + '00008000' + '000040c0', 'hex'),
  ]);
  expect(Buffer.from(encodeSafetensors(file))).toEqual(expected);
});

test('decodeSafetensors() gives back what was encoded, wherever the bytes lie in memory', () => {
  const bytes = encodeSafetensors(file);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeSafetensors(shifted.subarray(3))).toEqual(file);
});

test('decodeSafetensors() throws when the file is cut anywhere', () => {
  const bytes = encodeSafetensors(file);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(RunError);
  }
});

property.prop([fc.nat(), fc.nat(255)], { numRuns: 500, seed: 3 })(
  'decodeSafetensors() reads or throws a RunError when a byte is wrong',
  (position, byte) => {
    const bytes = Uint8Array.from(encodeSafetensors(file));
    bytes[position % bytes.length] = byte;
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(RunError);
    }
  },
);
