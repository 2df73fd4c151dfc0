// Arbitrary valid messages of every type, for properties.

import fc from 'fast-check';
import type { CoordinatorMessage, Message, Sender, WorkerMessage } from '../../protocol/index.js';
import { errorCodes, fieldLimits, hasPayload, protocolVersion } from '../../protocol/index.js';

/** A message, who sends it and a payload that goes with it. */
export interface Sample {
  readonly sender: Sender;
  readonly message: Message;
  readonly payload: Uint8Array;
}

const digits = fc.constantFrom(...Array.from('0123456789abcdef'));
const sha256 = fc.string({ unit: digits, minLength: 64, maxLength: 64 });
const integer = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  fc.oneof(fc.integer({ min, max: Math.min(max, min + 300) }), fc.integer({ min, max }), fc.constantFrom(min, max));
const word = integer(0, 0xffff_ffff);
const name = fc.constantFrom('strict', 'run-1', 'A.b_c-9', 'x'.repeat(fieldLimits.nameLength));
const text = fc.string({ unit: fc.constantFrom(' ', 'a', 'Z', '9', '"', '\\', 'é', '𝒳', '🦜'), maxLength: 100 });
const milliseconds = integer(1, fieldLimits.durationMilliseconds);
const leaseIds = fc.array(integer(0), { minLength: 1, maxLength: fieldLimits.leaseIdCount });
const code = fc.constantFrom(...errorCodes);
const vectorLength = integer(1, fieldLimits.vectorLength);
const range = fc
  .tuple(integer(0, fieldLimits.microbatchCount - 1), integer(0, 1000))
  .map(([begin, more]) => ({ begin, end: Math.min(begin + 1 + more, fieldLimits.microbatchCount) }));
const type = <T extends string>(value: T) => fc.constant(value);

const hello = fc.record(
  {
    type: type('hello'),
    protocolVersion: fc.constant(protocolVersion),
    contractVersion: integer(0, 9),
    profile: name,
    workerId: fc.string({ unit: digits, minLength: 32, maxLength: 32 }),
    workerName: text.filter((value) => value.length > 0 && value.length <= fieldLimits.workerNameLength),
    kind: fc.constantFrom('node' as const, 'browser' as const),
    backend: fc.constantFrom('wasm' as const, 'interpreter' as const, 'webgpu' as const),
    threadCount: integer(1, fieldLimits.threadCount),
    software: text,
    proof: fc.record({ conformance: sha256, microbatch: sha256 }),
    arithmetic: fc.constantFrom('exact' as const, 'tolerant' as const),
    token: fc.string({ unit: fc.constantFrom('!', '~', 'a', 'Z', '0'), minLength: 1, maxLength: fieldLimits.tokenLength }),
  },
  {
    requiredKeys: [
      'type',
      'protocolVersion',
      'contractVersion',
      'profile',
      'workerId',
      'workerName',
      'kind',
      'backend',
      'threadCount',
      'software',
      'proof',
      'arithmetic',
    ],
  },
);

const contribution = fc
  .record({
    type: type('contribution'),
    leaseId: integer(0),
    jobId: integer(0),
    parametersSha256: sha256,
    range,
    finite: fc.boolean(),
    payloadSha256: sha256,
    computeMilliseconds: fc.double({ min: 0, max: fieldLimits.durationMilliseconds, noNaN: true }).map((value) => value + 0),
  })
  .map(({ range: { begin, end }, ...rest }) => ({ ...rest, begin, end }));

const release = fc.record(
  {
    type: type('release'),
    leaseIds,
    reason: fc.constantFrom('drain' as const, 'cancelled' as const, 'error' as const),
    detail: text,
  },
  { requiredKeys: ['type', 'leaseIds', 'reason'] },
);

const welcome = fc.record({
  type: type('welcome'),
  runId: name,
  protocolVersion: fc.constant(protocolVersion),
  contractVersion: integer(0, 9),
  profile: name,
  programs: fc.array(
    fc.record({
      role: fc.constantFrom('train' as const, 'evaluate' as const),
      sha256,
      byteLength: integer(1, fieldLimits.programBytes),
      inputLength: vectorLength,
      outputLength: vectorLength,
    }),
    { minLength: 1, maxLength: fieldLimits.programCount },
  ),
  microbatchSize: integer(1, fieldLimits.microbatchSize / 8).map((value) => 8 * value),
  heartbeatMilliseconds: milliseconds,
});

const lease = fc
  .record({
    type: type('lease'),
    leaseId: integer(0),
    jobId: integer(0),
    kind: fc.constantFrom('train' as const, 'evaluate' as const),
    step: integer(0),
    programSha256: sha256,
    parametersSha256: sha256,
    key: fc.tuple(word, word),
    range,
    more: integer(0, 1000),
    deadlineMilliseconds: milliseconds,
  })
  .map(({ range: { begin, end }, more, ...rest }) => ({
    ...rest,
    begin,
    end,
    microbatchCount: Math.min(end + more, fieldLimits.microbatchCount),
  }));

const workerMessage: fc.Arbitrary<WorkerMessage> = fc.oneof(
  hello,
  contribution,
  release,
  fc.record({ type: type('goodbye') }),
  fc.record({ type: type('failure'), code, message: text }),
);

const coordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  welcome,
  fc.record({ type: type('program'), sha256 }),
  fc.record({ type: type('parameters'), sha256, step: integer(0) }),
  lease,
  fc.record({ type: type('cancel'), leaseIds }),
  fc.record({
    type: type('finish'),
    reason: fc.constantFrom('completed' as const, 'diverged' as const, 'stopped' as const),
    parametersSha256: sha256,
  }),
  fc.record({ type: type('refuse'), code, message: text }),
);

/** Any message with a payload where it has one. */
export const sample: fc.Arbitrary<Sample> = fc
  .tuple(
    fc.oneof(
      workerMessage.map((message) => ({ sender: 'worker' as const, message })),
      coordinatorMessage.map((message) => ({ sender: 'coordinator' as const, message })),
    ),
    fc.uint8Array({ minLength: 1, maxLength: 100 }),
  )
  .map(([{ sender, message }, bytes]) => ({ sender, message, payload: hasPayload(message) ? bytes : new Uint8Array(0) }));
