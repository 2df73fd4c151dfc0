// Four tiny conversations with real programs and real sums, as golden transcripts: what another implementation can be checked with.

import { createHash } from 'node:crypto';
import type { Contribution, Lease, Message, ProgramEntry, Segment, Sender } from '../../protocol/index.js';
import { bytesOfFloats, contractVersion, numericsProfile, protocolVersion } from '../../protocol/index.js';
import type { Floats, Key, Program } from '../../tensor/index.js';
import {
  bitsOf,
  canonicalBytes,
  foldKey,
  inputLength,
  interpreter,
  isNonFinite,
  keyFromSeed,
  outputLength,
  ProgramBuilder,
  sumTree,
  updateFlushExponent,
} from '../../tensor/index.js';
import { computeSegment } from '../../worker/index.js';

/** One frame of a conversation, before it is encoded. */
export interface Utterance {
  readonly sender: Sender;
  readonly message: Message;
  readonly payload?: Uint8Array;
}

const microbatchSize = 8;
const microbatchCount = 3;
const learningRate = 2;
const key: Key = foldKey(foldKey(keyFromSeed(7), 0), 0);
const versions = { protocolVersion, contractVersion, profile: numericsProfile };
const train = buildProgram('train');
const evaluate = buildProgram('evaluate');
const update = buildUpdate();

const hello: Utterance = {
  sender: 'worker',
  message: {
    type: 'hello',
    ...versions,
    workerId: '00112233445566778899aabbccddeeff',
    workerName: 'attic',
    kind: 'node',
    backend: 'wasm',
    threadCount: 2,
    software: 'starling 0.1.0',
    // A real proof has the digests of docs/numerics.md; these show only its form.
    proof: { conformance: sha256Of(Uint8Array.of(1)), microbatch: sha256Of(Uint8Array.of(2)) },
    arithmetic: 'exact',
  },
};

const welcome: Utterance = {
  sender: 'coordinator',
  message: {
    type: 'welcome',
    runId: 'golden',
    ...versions,
    programs: [entryOf('train', train), entryOf('evaluate', evaluate)],
    microbatchSize,
    heartbeatMilliseconds: 10_000,
  },
};

const goodbye: Utterance = { sender: 'worker', message: { type: 'goodbye' } };

/** Every golden conversation, by name. */
export const goldenConversations: Readonly<Record<string, readonly Utterance[]>> = {
  conversation: wholeRun(),
  divergence: divergence(),
  refusal: refusal(),
  segment: twoSteps(),
};

/** One step over three microbatches, its evaluation, and the end. */
function wholeRun(): readonly Utterance[] {
  const start = Float32Array.of(0.25);
  const first = lease(1, { parameters: start, begin: 0, end: 2 });
  const second = lease(2, { parameters: start, begin: 2, end: 3 });
  const again = lease(3, { parameters: start, begin: 2, end: 3 });
  const gradient = sumTree({ begin: 0, end: microbatchCount }, (index) => leafOf(train, start, index));
  const next = Float32Array.of((start[0] ?? 0) - (learningRate * (gradient[0] ?? 0)) / (gradient[2] ?? 1));
  const evaluation = lease(4, { parameters: next, begin: 0, end: 2, microbatchCount: 2, kind: 'evaluate', jobId: 2, step: 1 });
  return [
    hello,
    welcome,
    programUtterance(train),
    programUtterance(evaluate),
    parametersUtterance(start, 0),
    first,
    second,
    contributionTo(first, start),
    { sender: 'worker', message: { type: 'release', leaseIds: [2], reason: 'error', detail: 'a compute thread ended' } },
    again,
    contributionTo(again, start),
    parametersUtterance(next, 1),
    evaluation,
    // Late, and of no use any more.
    { sender: 'coordinator', message: { type: 'cancel', leaseIds: [2] } },
    contributionTo(evaluation, next),
    { sender: 'coordinator', message: { type: 'finish', reason: 'completed', parametersSha256: sha256Of(bytesOfFloats(next)) } },
  ];
}

/** Parameters so large that the loss overflows: a flag instead of numbers, from the worker alone and once more. */
function divergence(): readonly Utterance[] {
  const large = Float32Array.of(2 ** 100);
  const first = lease(1, { parameters: large, begin: 0, end: 3 });
  const confirmation = lease(2, { parameters: large, begin: 0, end: 3 });
  return [
    hello,
    welcome,
    programUtterance(train),
    parametersUtterance(large, 0),
    first,
    contributionTo(first, large),
    confirmation,
    contributionTo(confirmation, large),
    { sender: 'coordinator', message: { type: 'finish', reason: 'diverged', parametersSha256: sha256Of(bytesOfFloats(large)) } },
    goodbye,
  ];
}

/** A join token that is not the run's, and a program that is too much for its worker. */
function refusal(): readonly Utterance[] {
  const tokenHello: Utterance = { ...hello, message: { ...hello.message, token: 'let-me-in' } as Message };
  const tooLarge = 'Cannot accept program: found 12 operations, wanted at most 10';
  return [
    tokenHello,
    { sender: 'coordinator', message: { type: 'refuse', code: 'unauthorized', message: 'Cannot join: a wrong join token' } },
    hello,
    welcome,
    programUtterance(train),
    { sender: 'worker', message: { type: 'failure', code: 'program-rejected', message: tooLarge } },
  ];
}

/** Two steps by one worker, which is then wanted for another run and hears that it is over. */
function twoSteps(): readonly Utterance[] {
  const start = Float32Array.of(0.25);
  const scalars = Float32Array.of(learningRate, learningRate / 2);
  const capable: Utterance = { ...hello, message: { ...hello.message, segments: true } as Message };
  const invited: Utterance = {
    ...welcome,
    message: { ...welcome.message, programs: [entryOf('train', train), entryOf('update', update)] } as Message,
  };
  const parametersSha256 = sha256Of(bytesOfFloats(start));
  const message: Segment = {
    ...{ type: 'segment', leaseId: 1, jobId: 1, step: 0, stepCount: 2 },
    ...{ programSha256: sha256Of(canonicalBytes(train)), updateSha256: sha256Of(canonicalBytes(update)), parametersSha256 },
    ...{ key: foldKey(keyFromSeed(7), 0), microbatchCount, scalarCount: 1, digestEvery: 1, digestsSums: true },
    deadlineMilliseconds: 30_000,
  };
  const request = Float32Array.of(...start, ...scalars);
  const result = segmentResult(message, request);
  const last = result.subarray(0, 1);
  return [
    capable,
    invited,
    programUtterance(train),
    programUtterance(update),
    { sender: 'coordinator', message, payload: bytesOfFloats(request) },
    {
      sender: 'worker',
      message: {
        ...{ type: 'contribution', leaseId: 1, jobId: 1, parametersSha256, begin: 0, end: microbatchCount, stepCount: 2 },
        ...{ finite: true, payloadSha256: sha256Of(bytesOfFloats(result)), computeMilliseconds: 3.5 },
      },
      payload: bytesOfFloats(result),
    },
    { sender: 'coordinator', message: { type: 'move' } },
    capable,
    { sender: 'coordinator', message: { type: 'finish', reason: 'completed', parametersSha256: sha256Of(bytesOfFloats(last)) } },
  ];
}

/** What an exact worker answers to a segment. */
export function segmentResult(steps: Segment, request: Float32Array): Floats {
  const work = { train: interpreter.compile(train), update: interpreter.compile(update) };
  const result = computeSegment({ ...steps, microbatchSize }, { ...work, request, sha256: sha256Of, isCancelled: () => false });
  if (typeof result === 'string') throw new Error(`a segment that is ${result}`);
  return result;
}

/** w ← w − learningRate · gradient / lossWeight */
function buildUpdate(): Program {
  const b = new ProgramBuilder({ flushExponent: updateFlushExponent });
  const [w, sum, lossWeight, rate] = ['w', 'gradient/w', 'lossWeight', 'learningRate'].map((name) => b.input(name, 1, 1));
  const gradient = b.divide(sum!, lossWeight!);
  b.output('parameter/w', b.subtract(w!, b.multiply(rate!, gradient)));
  b.output('metric/gradientNorm', b.sqrt(b.square(gradient)));
  return b.build();
}

/** One weight w learns to halve x: loss = ½ (w x − ½ x)², x uniform in (−½, ½). */
function buildProgram(role: 'train' | 'evaluate'): Program {
  const b = new ProgramBuilder();
  const w = b.input('w', 1, 1);
  const x = b.subtract(b.uniform(1, 1), 0.5);
  const error = b.subtract(b.matmul(x, w), b.multiply(x, 0.5));
  const loss = b.multiply(b.square(error), 0.5);
  if (role === 'train') for (const gradient of b.gradients(loss, [w])) b.output('gradient/w', gradient);
  b.output('loss', b.batchSum(loss));
  b.output('lossWeight', b.batchSum(b.expand(1, 1, 1)));
  return b.build();
}

function lease(
  leaseId: number,
  change: Partial<Lease> & { readonly parameters: Floats; readonly begin: number; readonly end: number },
): Utterance & {
  readonly message: Lease;
} {
  const { parameters, ...fields } = change;
  const program = fields.kind === 'evaluate' ? evaluate : train;
  return {
    sender: 'coordinator',
    message: {
      type: 'lease',
      leaseId,
      jobId: 1,
      kind: 'train',
      step: 0,
      programSha256: sha256Of(canonicalBytes(program)),
      parametersSha256: sha256Of(bytesOfFloats(parameters)),
      key,
      microbatchCount,
      deadlineMilliseconds: 30_000,
      ...fields,
    },
  };
}

/** What an exact worker answers to a lease. */
export function contributionTo({ message }: { readonly message: Lease }, parameters: Floats): Utterance {
  const { leaseId, jobId, parametersSha256, begin, end, kind } = message;
  const program = kind === 'train' ? train : evaluate;
  const sums = sumTree({ begin, end }, (index) => leafOf(program, parameters, index));
  const finite = !sums.some((value) => isNonFinite(bitsOf(value)));
  const payload = finite ? bytesOfFloats(sums) : new Uint8Array(0);
  const contribution: Contribution = {
    ...{ type: 'contribution', leaseId, jobId, parametersSha256, begin, end, finite },
    ...{ payloadSha256: sha256Of(payload), computeMilliseconds: 1.5 },
  };
  return { sender: 'worker', message: contribution, payload };
}

function leafOf(program: Program, parameters: Floats, index: number): Floats {
  const executable = interpreter.compile(program);
  const outputs = new Float32Array(executable.outputLength);
  executable.load(parameters);
  executable.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
  return outputs;
}

function entryOf(role: ProgramEntry['role'], program: Program): ProgramEntry {
  const bytes = canonicalBytes(program);
  return {
    role,
    sha256: sha256Of(bytes),
    byteLength: bytes.length,
    inputLength: inputLength(program),
    outputLength: outputLength(program),
  };
}

function programUtterance(program: Program): Utterance {
  const payload = canonicalBytes(program);
  return { sender: 'coordinator', message: { type: 'program', sha256: sha256Of(payload) }, payload };
}

function parametersUtterance(parameters: Floats, step: number): Utterance {
  const payload = bytesOfFloats(parameters);
  return { sender: 'coordinator', message: { type: 'parameters', sha256: sha256Of(payload), step }, payload };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
