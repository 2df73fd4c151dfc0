import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Contribution, Message } from '../../protocol/index.js';
import { decodeFrame, defaultProtocolLimits, encodeFrame, ProtocolError } from '../../protocol/index.js';
import type { Sample } from './arbitrary-messages.js';
import { sample } from './arbitrary-messages.js';

const digest = 'ab'.repeat(32);
const goodbye: Message = { type: 'goodbye' };
const contribution: Contribution = {
  type: 'contribution',
  leaseId: 3,
  jobId: 7,
  parametersSha256: digest,
  begin: 2,
  end: 4,
  finite: true,
  payloadSha256: digest,
  computeMilliseconds: 12.5,
};
const reader = { sender: 'worker', payloadLengths: () => [8] } as const;

/** A frame of a header given as bytes. */
function frameOf(header: readonly number[], claimedLength: number = header.length): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(Math.ceil((4 + header.length) / 8) * 8);
  new DataView(frame.buffer).setUint32(0, claimedLength, true);
  frame.set(header, 4);
  return frame;
}

/** The code of the error that decoding ends with. */
function codeOf(frame: Uint8Array<ArrayBuffer>): string {
  try {
    decodeFrame(frame, reader);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return (error as ProtocolError).code;
  }
  return 'accepted';
}

function forAnyMessage(check: (sample: Sample) => void): void {
  fc.assert(fc.property(sample, check), { numRuns: 300, seed: 1 });
}

describe('encodeFrame()', () => {
  test('decodeFrame() reads what it writes, for any message', () =>
    forAnyMessage(({ sender, message, payload }) => {
      const frame = encodeFrame(message, payload);
      const decoded = decodeFrame(frame, { sender, payloadLengths: () => [payload.length] });
      expect(decoded.message).toEqual(message);
      expect(decoded.payload).toEqual(payload);
      expect(encodeFrame(decoded.message, decoded.payload)).toEqual(frame);
    }));

  test('gives the same bytes for any order of the keys', () =>
    forAnyMessage(({ message, payload }) => {
      const reversed = Object.fromEntries(Object.entries(message).reverse()) as unknown as Message;
      expect(encodeFrame(reversed, payload)).toEqual(encodeFrame(message, payload));
    }));

  test('places the payload at a multiple of 8', () =>
    forAnyMessage(({ message, payload }) => {
      const frame = encodeFrame(message, payload);
      expect((frame.length - payload.length) % 8).toBe(0);
      expect(frame.byteOffset).toBe(0);
    }));

  test('copies floats out of memory that is shared between threads', () => {
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([1.5, -2]);
    const frame = encodeFrame(contribution, shared);
    expect([...frame.subarray(-8)]).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  });

  test('leaves out a field that is undefined', () => {
    const release = { type: 'release', leaseIds: [1], reason: 'drain', detail: undefined } as unknown as Message;
    expect(encodeFrame(release)).toEqual(encodeFrame({ type: 'release', leaseIds: [1], reason: 'drain' }));
  });

  test.each([
    ['an unknown type', { type: 'salute' }, 0, 'Cannot encode message: "salute" is no message type'],
    ['an unknown field', { type: 'goodbye', until: 1 }, 0, 'Cannot encode goodbye: has the unknown field "until"'],
    ['a missing field', { type: 'cancel' }, 0, 'Cannot encode cancel: leaseIds is missing, wanted array'],
    ['an empty list', { type: 'cancel', leaseIds: [] }, 0, 'Cannot encode cancel: leaseIds is of length 0, wanted at least 1'],
    ['a payload too many', goodbye, 8, 'Cannot encode goodbye: found 8 payload bytes, wanted none'],
    ['a missing payload', contribution, 0, 'Cannot encode contribution: found 0 payload bytes, wanted some'],
  ])('throws a TypeError for %s', (_name, message, payloadBytes, text) => {
    expect(() => encodeFrame(message as unknown as Message, new Uint8Array(payloadBytes))).toThrow(new TypeError(text));
  });
});

describe('decodeFrame()', () => {
  const frame = encodeFrame(contribution, new Uint8Array(8));

  test('accepts a frame at any place in memory', () => {
    const shifted = new Uint8Array(frame.length + 3).subarray(3);
    shifted.set(frame);
    expect(decodeFrame(shifted, reader).message).toEqual(contribution);
  });

  test('refuses every truncation of a frame', () => {
    for (let length = 0; length < frame.length; length++) expect(codeOf(frame.slice(0, length))).not.toBe('accepted');
  });

  test('refuses bytes after the payload and after the padding', () => {
    expect(codeOf(Uint8Array.of(...frame, 0))).toBe('payload-length');
    expect(codeOf(Uint8Array.of(...encodeFrame(goodbye), 0, 0, 0, 0, 0, 0, 0, 0))).toBe('payload-length');
  });

  test('refuses padding that is not zero', () => {
    const padded = encodeFrame(goodbye);
    padded[padded.length - 1] = 1;
    expect(codeOf(padded)).toBe('malformed-frame');
  });

  test.each([
    ['beyond the frame', 100],
    ['beyond the limit', defaultProtocolLimits.headerBytes + 1],
    ['of 4 GiB', 0xffff_ffff],
    ['of nothing', 0],
  ])('refuses a header length %s', (_name, length) => {
    expect(codeOf(frameOf([0x80], length))).toMatch(/^malformed-(frame|header)$/);
  });

  test('refuses a frame over the limit before it looks inside', () => {
    const large = new Uint8Array(defaultProtocolLimits.frameBytes + 1);
    expect(codeOf(large)).toBe('frame-too-large');
  });

  test('asks the receiver for the payload length and names both lengths when they differ', () => {
    const decode = () => decodeFrame(frame, { sender: 'worker', payloadLengths: () => [16, 24, 16] });
    expect(decode).toThrow('Cannot accept contribution: found 8 payload bytes, wanted 16 or 24');
  });

  test('refuses a payload message that the receiver does not expect', () => {
    expect(() => decodeFrame(frame, { sender: 'worker', payloadLengths: () => [] })).toThrow('no such message yet');
  });

  test('never asks for the payload length of a message without payload', () => {
    const payloadLengths = () => {
      throw new Error('asked');
    };
    const unfinished = encodeFrame({ ...contribution, finite: false });
    expect(decodeFrame(unfinished, { sender: 'worker', payloadLengths }).payload.length).toBe(0);
  });

  test('refuses the messages of the own side', () => {
    const finish = encodeFrame({ type: 'finish', reason: 'completed', parametersSha256: digest });
    expect(codeOf(finish)).toBe('unknown-message');
    expect(() => decodeFrame(encodeFrame(goodbye), { sender: 'coordinator', payloadLengths: () => [] })).toThrow(
      'Cannot read message: found type "goodbye", wanted one that a coordinator sends',
    );
  });

  test.each([['constructor'], ['toString'], ['__proto__']])('does not take %s for a message type', (type) => {
    const bytes = [0x81, 0xa4, ...Buffer.from('type'), 0xa0 + type.length, ...Buffer.from(type)];
    expect(codeOf(frameOf(bytes))).toBe('unknown-message');
  });
});
