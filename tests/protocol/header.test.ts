import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { decodeHeader, encodeHeader } from '../../protocol/header.js';
import type { Hello, Lease, Message } from '../../protocol/index.js';
import { ProtocolError, protocolVersion } from '../../protocol/index.js';

const digest = 'ab'.repeat(32);
const hello: Hello = {
  type: 'hello',
  protocolVersion,
  contractVersion: 1,
  profile: 'strict',
  workerId: '0123456789abcdef0123456789abcdef',
  workerName: 'kitchen',
  kind: 'node',
  backend: 'wasm',
  threadCount: 2,
  software: 'starling',
  proof: { conformance: digest, microbatch: digest },
  arithmetic: 'exact',
};
const lease: Lease = {
  type: 'lease',
  leaseId: 1,
  jobId: 1,
  kind: 'train',
  step: 0,
  programSha256: digest,
  parametersSha256: digest,
  key: [0, 0xffff_ffff],
  begin: 0,
  end: 4,
  microbatchCount: 8,
  deadlineMilliseconds: 1000,
};
const packr = new Packr({ useRecords: false, variableMapSize: true });

function errorOf(fields: Readonly<Record<string, unknown>>, sender: 'worker' | 'coordinator' = 'worker'): ProtocolError {
  try {
    decodeHeader(packr.pack(fields), sender);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('the header was accepted');
}

describe('decodeHeader()', () => {
  test.each<[string, object, string]>([
    ['a fraction', { threadCount: 1.5 }, 'threadCount is 1.5, wanted int'],
    ['a text for a number', { threadCount: '2' }, 'threadCount is "2", wanted number'],
    ['a number below its bound', { threadCount: 0 }, 'threadCount is 0, wanted at least 1'],
    ['a number above its bound', { threadCount: 1025 }, 'threadCount is 1025, wanted at most 1024'],
    ['NaN', { threadCount: NaN }, 'threadCount is NaN, wanted number'],
    ['an infinity', { threadCount: Infinity }, 'threadCount is Infinity, wanted number'],
    ['an integer of more than 53 bits', { contractVersion: 2 ** 53 }, 'contractVersion is 9007199254740992, wanted'],
    ['an upper-case id', { workerId: 'A'.repeat(32) }, 'workerId must be 32 lower-case hexadecimal digits'],
    ['a line break', { workerName: 'a\nb' }, 'workerName must be one line of printable text'],
    ['a text that turns its direction', { software: 'a\u202eb' }, 'software must be one line of printable text'],
    ['a text too long', { software: 'x'.repeat(257) }, 'software is of length 257, wanted at most 256'],
    ['a word that is not listed', { kind: 'toaster' }, 'kind is "toaster", wanted one of node, browser'],
    ['an unknown field', { extra: true }, 'has the unknown field "extra"'],
    ['an unknown field inside', { proof: { ...hello.proof, extra: true } }, 'proof has the unknown field "extra"'],
    ['a missing field inside', { proof: { conformance: digest } }, 'proof.microbatch is missing, wanted string'],
    ['a class that may not join', { arithmetic: 'unfit' }, 'arithmetic is "unfit", wanted one of exact, tolerant'],
    ['an empty token', { token: '' }, 'token is of length 0, wanted at least 1'],
    ['a field that prototypes have', { toString: 'x' }, 'has the unknown field "toString"'],
    ['a prototype', { ['__proto__' as string]: {} }, ''],
  ])('refuses a hello with %s', (_name, change, text) => {
    const error = errorOf(Object.assign(Object.create(null) as object, hello, change));
    expect(error.message).toContain(text === '' ? 'Cannot' : `Cannot accept hello: ${text}`);
  });

  test.each<[string, Partial<Record<keyof Lease, unknown>>, string]>([
    ['an empty range', { begin: 4 }, 'end must be greater than begin'],
    ['a range beyond the job', { end: 9 }, 'end must be at most microbatchCount'],
    ['a key of three words', { key: [0, 0, 0] }, 'key is of length 3, wanted at most 2'],
    ['a key of one word', { key: [0] }, 'key is of length 1, wanted at least 2'],
    ['a key of more than 32 bits', { key: [0, 2 ** 32] }, 'key.1 is 4294967296, wanted at most 4294967295'],
    ['a negative step', { step: -1 }, 'step is -1, wanted at least 0'],
    ['no deadline', { deadlineMilliseconds: 0 }, 'deadlineMilliseconds is 0, wanted at least 1'],
  ])('refuses a lease with %s', (_name, change, text) => {
    const error = errorOf({ ...lease, ...change }, 'coordinator');
    expect([error.code, error.message]).toEqual(['invalid-message', `Cannot accept lease: ${text}`]);
  });

  test('refuses minus zero wherever it refuses a negative number', () => {
    const header = Uint8Array.from(encodeHeader({ type: 'parameters', sha256: digest, step: 0.0 }));
    // The step is the last item: one byte of 0 becomes a float of 64 bits.
    const minusZero = Uint8Array.of(...header.subarray(0, -1), 0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);
    expect(() => decodeHeader(minusZero, 'coordinator')).toThrow('Cannot accept parameters: step must not be -0');
  });

  test('accepts integers in any of their MessagePack forms', () => {
    const header = Uint8Array.from(encodeHeader({ type: 'parameters', sha256: digest, step: 5 }));
    const forms = [
      [0xcc, 5],
      [0xcd, 0, 5],
      [0xce, 0, 0, 0, 5],
      [0xcf, 0, 0, 0, 0, 0, 0, 0, 5],
      [0xd0, 5],
      [0xd1, 0, 5],
      [0xd2, 0, 0, 0, 5],
      [0xd3, 0, 0, 0, 0, 0, 0, 0, 5],
      [0xca, 0x40, 0xa0, 0, 0],
      [0xcb, 0x40, 0x14, 0, 0, 0, 0, 0, 0],
    ];
    for (const form of forms) {
      expect(decodeHeader(Uint8Array.of(...header.subarray(0, -1), ...form), 'coordinator')).toMatchObject({ step: 5 });
    }
  });

  test('refuses integers of 64 bits beyond 2⁵³', () => {
    const header = Uint8Array.from(encodeHeader({ type: 'parameters', sha256: digest, step: 5 }));
    const large = Uint8Array.of(...header.subarray(0, -1), 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    expect(() => decodeHeader(large, 'coordinator')).toThrow(ProtocolError);
  });

  test.each(['hello', 'welcome'])('names the versions when a %s of another version has other fields', (type) => {
    const error = errorOf({ type, protocolVersion: 1, somethingNew: true }, type === 'hello' ? 'worker' : 'coordinator');
    expect([error.code, error.message]).toEqual([
      'protocol-version',
      `Cannot accept ${type}: found protocol version 1, wanted ${protocolVersion}`,
    ]);
  });

  test('quotes what it found in short and printable form', () => {
    const error = errorOf({ type: `\u001b[31m${'x'.repeat(500)}` });
    expect(error.message).toMatch(/^Cannot read message: found type "\[31mx+…", wanted one that a worker sends$/);
    expect(error.message.length).toBeLessThan(120);
  });
});

describe('encodeHeader()', () => {
  test('refuses what a receiver would refuse', () => {
    expect(() => encodeHeader({ ...lease, begin: 4 })).toThrow(
      new TypeError('Cannot encode lease: end must be greater than begin'),
    );
    expect(() => encodeHeader({ ...hello, software: 'half a pair \ud800' })).toThrow(TypeError);
    expect(() => encodeHeader({ ...hello, threadCount: 10n } as unknown as Message)).toThrow(TypeError);
  });

  test('writes the keys in the order of the schema', () => {
    const header = encodeHeader({ sha256: digest, step: 1, type: 'parameters' });
    expect(Object.keys(packr.unpack(header) as object)).toEqual(['type', 'sha256', 'step']);
  });
});
