// What the coordinator says to a worker.

import * as z from 'zod/mini';
import { identifier, integer, key, leaseIds, name, sha256, text, vectorLength, wholeDuration } from './fields.js';
import { fieldLimits } from './limits.js';

const programEntry = z.strictObject({
  role: z.enum(['train', 'evaluate', 'update']),
  sha256,
  byteLength: integer(1, fieldLimits.programBytes),
  inputLength: vectorLength,
  outputLength: vectorLength,
});

const welcome = z.strictObject({
  type: z.literal('welcome'),
  runId: name,
  protocolVersion: integer(0),
  contractVersion: integer(0),
  profile: name,
  programs: z.readonly(z.array(z.readonly(programEntry)).check(z.minLength(1), z.maxLength(fieldLimits.programCount))),
  microbatchSize: integer(8, fieldLimits.microbatchSize).check(z.multipleOf(8)),
  /** The coordinator pings this often and gives a silent connection up after a few of these. */
  heartbeatMilliseconds: wholeDuration,
});

const program = z.strictObject({ type: z.literal('program'), sha256 });

const parameters = z.strictObject({ type: z.literal('parameters'), sha256, step: integer(0) });

const lease = z
  .strictObject({
    type: z.literal('lease'),
    leaseId: identifier,
    jobId: identifier,
    kind: z.enum(['train', 'evaluate']),
    step: integer(0),
    programSha256: sha256,
    parametersSha256: sha256,
    /** Already folded over run seed, stream and step. */
    key,
    begin: integer(0, fieldLimits.microbatchCount - 1),
    end: integer(1, fieldLimits.microbatchCount),
    microbatchCount: integer(1, fieldLimits.microbatchCount),
    /** From the moment the lease was sent: later the node may be given to another worker. */
    deadlineMilliseconds: wholeDuration,
  })
  .check(
    z.refine((message) => message.begin < message.end, { error: 'must be greater than begin', path: ['end'] }),
    z.refine((message) => message.end <= message.microbatchCount, { error: 'must be at most microbatchCount', path: ['end'] }),
  );

const segment = z.strictObject({
  type: z.literal('segment'),
  leaseId: identifier,
  jobId: identifier,
  /** Steps before it, and steps to be computed. */
  step: integer(0),
  stepCount: integer(1, fieldLimits.segmentSteps),
  programSha256: sha256,
  updateSha256: sha256,
  /** Of the parameters at its beginning. */
  parametersSha256: sha256,
  /** Folded over run seed and stream; each step folds it over its own number. */
  key,
  microbatchCount: integer(1, fieldLimits.microbatchCount),
  /** Numbers that the update program takes beside gradients and state at every step. */
  scalarCount: integer(1, fieldLimits.scalarCount),
  /** Digests of parameters are wanted at multiples of so many steps, and at the end. */
  digestEvery: integer(1),
  /** Whether the digest of every step's sums is wanted. */
  digestsSums: z.boolean(),
  deadlineMilliseconds: wholeDuration,
});

const move = z.strictObject({ type: z.literal('move') });

const cancel = z.strictObject({ type: z.literal('cancel'), leaseIds });

const finish = z.strictObject({
  type: z.literal('finish'),
  reason: z.enum(['completed', 'diverged', 'stopped']),
  parametersSha256: sha256,
});

const refuse = z.strictObject({ type: z.literal('refuse'), code: name, message: text() });

/** The schemas of the messages that a worker accepts, by type. */
export const coordinatorMessageSchemas = { welcome, program, parameters, lease, segment, move, cancel, finish, refuse } as const;

/** Answers a hello: the run and its programs, addressed by digest. */
export type Welcome = Readonly<z.infer<typeof welcome>>;
/** One of the run's programs: where it is used, its digest and its vectors' lengths. */
export type ProgramEntry = Readonly<z.infer<typeof programEntry>>;
/** A program; its payload is the canonical bytes. */
export type ProgramMessage = Readonly<z.infer<typeof program>>;
/** The run's parameters after a step; its payload is the input vector as f32. */
export type ParametersMessage = Readonly<z.infer<typeof parameters>>;
/** A node of a job's reduction tree, given to a worker until a deadline. */
export type Lease = Readonly<z.infer<typeof lease>>;
/** Consecutive optimizer steps of the run, given to one worker; its payload is state and scalars (segment-payload.ts). */
export type Segment = Readonly<z.infer<typeof segment>>;
/** The worker is wanted for another run of the same coordinator: it forgets its leases and says hello again over this connection. */
export type Move = Readonly<z.infer<typeof move>>;
/** The results of these leases are no longer needed. */
export type Cancel = Readonly<z.infer<typeof cancel>>;
/** The run is over. */
export type Finish = Readonly<z.infer<typeof finish>>;
/** The worker is not wanted, and why; the coordinator closes afterwards. */
export type Refuse = Readonly<z.infer<typeof refuse>>;

/** Any message from the coordinator. */
export type CoordinatorMessage = Welcome | ProgramMessage | ParametersMessage | Lease | Segment | Move | Cancel | Finish | Refuse;
