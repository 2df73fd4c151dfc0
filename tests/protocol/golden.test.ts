// The wire does not change by accident: every golden frame is read and written again byte for byte, and what its contributions say is
// what an exact worker finds. `npx vitest run tests/protocol/golden.test.ts -u` writes the transcripts anew.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CoordinatorMessage, Frame, PayloadLengths, WorkerMessage } from '../../protocol/index.js';
import {
  coordinatorPayloadLengths,
  decodeFrame,
  encodeFrame,
  floatsOfBytes,
  messageTypes,
  workerPayloadLengths,
} from '../../protocol/index.js';
import { interpreter, parseProgramBytes, sumTree, defaultLimits } from '../../tensor/index.js';
import { goldenConversations, segmentResult } from './golden-conversations.js';
import { readTranscript, transcriptOf, transcriptPath } from './transcript.js';

const names = Object.keys(goldenConversations);
type AnyFrame = Frame<WorkerMessage | CoordinatorMessage>;

/** Reads a transcript as its two sides do: payload lengths are known from the welcome on. */
function decodeTranscript(name: string): readonly AnyFrame[] {
  let lengths: { readonly worker: PayloadLengths; readonly coordinator: PayloadLengths } = {
    worker: coordinatorPayloadLengths([]),
    coordinator: workerPayloadLengths([]),
  };
  return readTranscript(name).map(({ sender, frame }) => {
    const decoded: AnyFrame = decodeFrame(frame, { sender, payloadLengths: lengths[sender] });
    if (decoded.message.type === 'welcome') {
      const { programs } = decoded.message;
      lengths = { worker: coordinatorPayloadLengths(programs, 1), coordinator: workerPayloadLengths(programs) };
    }
    return decoded;
  });
}

describe.each(names)('golden %s', (name) => {
  test('encodeFrame() writes the transcript', async () => {
    await expect(transcriptOf(goldenConversations[name] ?? [])).toMatchFileSnapshot(transcriptPath(name));
  });

  test('decodeFrame() reads every frame, and encodeFrame() writes it again byte for byte', () => {
    const frames = readTranscript(name);
    decodeTranscript(name).forEach(({ message, payload }, index) => {
      expect(message.type).toBe(frames[index]?.type);
      expect(encodeFrame(message, payload)).toEqual(frames[index]?.frame);
    });
  });

  test('every digest is the SHA-256 of its payload', () => {
    for (const { message, payload } of decodeTranscript(name)) {
      const digest = createHash('sha256').update(payload).digest('hex');
      if (message.type === 'program' || message.type === 'parameters') expect(message.sha256).toBe(digest);
      if (message.type === 'contribution') expect(message.payloadSha256).toBe(digest);
    }
  });
});

test('the golden transcripts hold every message', () => {
  const heard = new Set(names.flatMap((name) => readTranscript(name).map(({ type }) => type)));
  expect(messageTypes.filter((type) => !heard.has(type))).toEqual([]);
});

test('a worker that knows only the frames finds the same contributions', () => {
  const frames = decodeTranscript('conversation');
  const vectors = new Map<string, Uint8Array<ArrayBuffer>>();
  let contributionCount = 0;
  let microbatchSize = 0;
  for (const { message, payload } of frames) {
    if (message.type === 'welcome') microbatchSize = message.microbatchSize;
    if (message.type === 'program' || message.type === 'parameters') vectors.set(message.sha256, payload);
    if (message.type !== 'contribution') continue;
    const lease = frames
      .map((frame) => frame.message)
      .find((other) => other.type === 'lease' && other.leaseId === message.leaseId);
    if (lease?.type !== 'lease') throw new Error(`lease ${message.leaseId} was never issued`);
    const executable = interpreter.compile(parseProgramBytes(vectors.get(lease.programSha256)!, defaultLimits));
    executable.load(floatsOfBytes(vectors.get(lease.parametersSha256)!));
    const sums = sumTree(message, (index) => {
      const outputs = new Float32Array(executable.outputLength);
      executable.run({ key: lease.key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
      return outputs;
    });
    expect(floatsOfBytes(payload)).toEqual(sums);
    contributionCount += 1;
  }
  expect(contributionCount).toBe(3);
});

test('a worker that knows only the frames finds the same two steps', () => {
  const frames = decodeTranscript('segment');
  const request = frames.find(({ message }) => message.type === 'segment');
  const answer = frames.find(({ message }) => message.type === 'contribution');
  if (request?.message.type !== 'segment' || answer === undefined) throw new Error('a transcript without a segment');
  expect(floatsOfBytes(answer.payload)).toEqual(segmentResult(request.message, floatsOfBytes(request.payload)));
});
