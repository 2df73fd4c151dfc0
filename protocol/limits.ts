// The named limits of the protocol. Whatever comes in is measured against them before anything is allocated for it.

/** Upper bounds on what one frame may hold. */
export interface ProtocolLimits {
  /** Bytes of a whole frame: prefix, header, padding and payload. */
  readonly frameBytes: number;
  /** Bytes of the header alone, without its padding. */
  readonly headerBytes: number;
}

/** Limits that hold where a receiver names no narrower ones. */
export const defaultProtocolLimits: ProtocolLimits = { frameBytes: 64 * 1024 * 1024, headerBytes: 16 * 1024 };

/** Bounds of single fields; they are the same for everyone and part of the protocol. */
export const fieldLimits = {
  /** UTF-16 units of a worker's name. */
  workerNameLength: 64,
  /** UTF-16 units of a description: the software's name, the message of an error. */
  textLength: 256,
  /** Characters of a join token. */
  tokenLength: 256,
  /** Characters of a run's id, a profile's name or an error's code. */
  nameLength: 64,
  /** Compute threads of one worker. */
  threadCount: 1024,
  /** Programs that a run may have: one of training for each stage of its curriculum, and a few more. */
  programCount: 72,
  /** Bytes of one canonical program. */
  programBytes: 8 * 1024 * 1024,
  /** Floats of one parameter or output vector. */
  vectorLength: 16 * 1024 * 1024 - 8192,
  /** Lease ids in one message. */
  leaseIdCount: 256,
  /** Sequences of one microbatch; a multiple of 8. */
  microbatchSize: 4096,
  /** Microbatches of one job; with `microbatchSize` it keeps every sequence index below 2³². */
  microbatchCount: 1_048_576,
  /** Steps of one segment. */
  segmentSteps: 8192,
  /** Numbers that an update takes beside gradients and state. */
  scalarCount: 64,
  /** Any duration in milliseconds: one day. */
  durationMilliseconds: 86_400_000,
  /** Depth of arrays and maps in a header. */
  headerDepth: 4,
} as const;

/** The alignment of a payload within its frame, in bytes; the padding before it is zero. */
export const payloadAlignment = 8;

/** The byte length of the largest frame whose payload has `payloadBytes` bytes. */
export function frameBytesFor(payloadBytes: number, limits: ProtocolLimits = defaultProtocolLimits): number {
  return limits.headerBytes + payloadAlignment + payloadBytes;
}
