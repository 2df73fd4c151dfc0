// Whatever bytes come in: a valid message or a ProtocolError, never anything else.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import type { Sender } from '../../protocol/index.js';
import { decodeFrame, encodeFrame, ProtocolError } from '../../protocol/index.js';
import { sample } from './arbitrary-messages.js';
import { goldenConversations } from './golden-conversations.js';
import { readTranscript } from './transcript.js';

const golden = Object.keys(goldenConversations).flatMap((name) => readTranscript(name));
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Decodes as a receiver that accepts any payload length would, and writes again what it has accepted. */
function receive(frame: Uint8Array<ArrayBuffer>, sender: Sender): 'accepted' | 'refused' {
  try {
    const { message, payload } = decodeFrame(frame, { sender, payloadLengths: () => [frame.length, payloadBytesOf(frame)] });
    const again = decodeFrame(encodeFrame(message, payload), { sender, payloadLengths: () => [payload.length] });
    assert.deepEqual(again.message, message);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // Errors travel: what one quotes is one line of bounded length.
    assert.match(error.message, /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u);
    return 'refused';
  }
}

/** As long as the payload is, but never nothing: messages with a payload never have an empty one. */
function payloadBytesOf(frame: Uint8Array<ArrayBuffer>): number {
  const headerLength = frame.length < 4 ? 0 : new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  return Math.max(1, frame.length - Math.ceil((4 + headerLength) / 8) * 8);
}

/** A change to some bytes: overwritten, cut out, doubled or brought in. */
const mutation = fc.record({
  kind: fc.constantFrom('overwrite', 'remove', 'double', 'insert', 'truncate'),
  at: fc.nat(2000),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(frame: Uint8Array, { kind, at, bytes }: Mutation): Uint8Array<ArrayBuffer> {
  const start = at % (frame.length + 1);
  const end = Math.min(frame.length, start + bytes.length);
  const [before, middle, after] = [frame.slice(0, start), frame.slice(start, end), frame.slice(end)];
  switch (kind) {
    case 'overwrite':
      return Uint8Array.of(...before, ...bytes.slice(0, end - start), ...after);
    case 'remove':
      return Uint8Array.of(...before, ...after);
    case 'double':
      return Uint8Array.of(...before, ...middle, ...middle, ...after);
    case 'insert':
      return Uint8Array.of(...before, ...bytes, ...middle, ...after);
    default:
      return before;
  }
}

/** A frame around any header, with the padding and length that belong to it. */
function frameAround(header: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(Math.ceil((4 + header.length) / 8) * 8);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, 4);
  return frame;
}

/** Runs a property many times, on the same values in every run of the tests. */
function check<T extends [unknown, ...unknown[]]>(runCount: number, property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns: runCount, seed: 1 });
}

const someGolden = fc.constantFrom(...golden);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true });
const someSender = fc.constantFrom<Sender>('worker', 'coordinator');

describe('decodeFrame()', () => {
  test('survives golden frames that were mutated', () => {
    const property = fc.property(someGolden, mutations, ({ sender, frame }, changes) => {
      receive(changes.reduce<Uint8Array<ArrayBuffer>>(mutate, frame), sender);
    });
    check(10_000, property);
  });

  test('survives golden headers that were mutated under a correct length', () => {
    const property = fc.property(someGolden, mutations, ({ sender, frame }, changes) => {
      const length = new DataView(frame.buffer).getUint32(0, true);
      receive(frameAround(changes.reduce<Uint8Array<ArrayBuffer>>(mutate, frame.slice(4, 4 + length))), sender);
    });
    check(10_000, property);
  });

  test('refuses any message with a field that it does not have', () => {
    const property = fc.property(sample, fc.string(), anything, ({ sender, message }, field, value) => {
      fc.pre(!(field in message) && field !== 'token' && field !== 'detail');
      const header = packed(Object.fromEntries([...Object.entries(message), [field, value]]));
      expect(receive(frameAround(header), sender)).toBe('refused');
    });
    check(300, property);
  });

  test('survives any value in any field', () => {
    const property = fc.property(sample, fc.nat(20), anything, ({ sender, message }, index, value) => {
      const keys = Object.keys(message);
      receive(frameAround(packed({ ...message, [keys[index % keys.length] ?? 'type']: value })), sender);
    });
    check(2000, property);
  });

  test('survives any bytes', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), someSender, (bytes, sender) => {
      receive(Uint8Array.from(bytes), sender);
      receive(frameAround(bytes), sender);
    });
    check(5000, property);
  });
});

/** What the library makes of any value, or of nothing where it has no form for it. */
function packed(value: unknown): Uint8Array {
  try {
    return Uint8Array.from(packr.pack(value));
  } catch {
    return Uint8Array.of(0xc0);
  }
}
