// Three tiny conversations with real programs and real sums, as golden transcripts: what another implementation can be checked with.

import { createHash } from 'node:crypto';
import type { Contribution, Lease, Message, ProgramEntry, Sender } from '../../protocol/index.js';
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
} from '../../tensor/index.js';

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

function entryOf(role: 'train' | 'evaluate', program: Program): ProgramEntry {
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
