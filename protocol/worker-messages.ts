// What a worker says to the coordinator.

import * as z from 'zod/mini';
import { duration, identifier, integer, leaseIds, name, sha256, text, token, workerId } from './fields.js';
import { fieldLimits } from './limits.js';

/** Digests of results that every exact worker finds alike (docs/numerics.md). */
const proof = z.strictObject({
  /** Of the conformance vectors' results. */
  conformance: sha256,
  /** Of one fixed microbatch of a fixed program. */
  microbatch: sha256,
});

const hello = z.strictObject({
  type: z.literal('hello'),
  protocolVersion: integer(0),
  contractVersion: integer(0),
  profile: name,
  /** Random for each worker process and kept over its reconnects. */
  workerId,
  workerName: text(fieldLimits.workerNameLength).check(z.minLength(1)),
  kind: z.enum(['node', 'browser']),
  backend: z.enum(['wasm', 'interpreter', 'webgpu']),
  threadCount: integer(1, fieldLimits.threadCount),
  /** Name and version of the program and its platform, for people. */
  software: text(),
  proof,
  /** What the worker found of its own arithmetic: the contract's bits, or only numbers close to them. */
  arithmetic: z.enum(['exact', 'tolerant']),
  /** Whether it computes segments; absent: no. */
  segments: z.optional(z.boolean()),
  token: z.optional(token),
});

const contribution = z
  .strictObject({
    type: z.literal('contribution'),
    leaseId: identifier,
    jobId: identifier,
    parametersSha256: sha256,
    begin: integer(0, fieldLimits.microbatchCount - 1),
    end: integer(1, fieldLimits.microbatchCount),
    /** The steps of a segment; absent where it is the sum over a node. */
    stepCount: z.optional(integer(1, fieldLimits.segmentSteps)),
    /** False where a sum is infinite or not a number: then there is no payload. */
    finite: z.boolean(),
    /** Of the payload's bytes, of the empty string where there are none. */
    payloadSha256: sha256,
    computeMilliseconds: duration,
  })
  .check(z.refine((message) => message.begin < message.end, { error: 'must be greater than begin', path: ['end'] }));

const release = z.strictObject({
  type: z.literal('release'),
  leaseIds,
  reason: z.enum(['drain', 'cancelled', 'error']),
  detail: z.optional(text()),
});

const goodbye = z.strictObject({ type: z.literal('goodbye') });

const failure = z.strictObject({ type: z.literal('failure'), code: name, message: text() });

/** The schemas of the messages that a coordinator accepts, by type. */
export const workerMessageSchemas = { hello, contribution, release, goodbye, failure } as const;

/** The first message: who the worker is, what it speaks and how it computes, with proof. */
export type Hello = Readonly<z.infer<typeof hello>>;
/** The sum over one tree node of a job, or the result of a segment; its payload is the output vector, or state and records, as f32. */
export type Contribution = Readonly<z.infer<typeof contribution>>;
/** Gives leases back that the worker will not fulfil. */
export type Release = Readonly<z.infer<typeof release>>;
/** The worker leaves in good order. */
export type Goodbye = Readonly<z.infer<typeof goodbye>>;
/** The worker cannot go on; it closes afterwards. */
export type Failure = Readonly<z.infer<typeof failure>>;
/** The digests by which a worker proves that it computes exactly. */
export type Proof = Readonly<z.infer<typeof proof>>;
/** The class of a worker that may join: it has the contract's bits, or is close to them. */
export type Arithmetic = Hello['arithmetic'];

/** Any message from a worker. */
export type WorkerMessage = Hello | Contribution | Release | Goodbye | Failure;
