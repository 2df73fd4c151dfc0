// Every error that coordinator and workers tell each other: one table, stable codes. docs/protocol.md repeats it.

/** Who may report an error: either side, one of them, or a side only to itself because no connection carries it. */
export type ErrorSender = 'coordinator' | 'worker' | 'either' | 'local';

/** What a code stands for. */
export interface ErrorDefinition {
  readonly meaning: string;
  readonly sender: ErrorSender;
  /** The close code that a WebSocket carries for it. */
  readonly closeCode: number;
  /** Whether a worker may connect again after it, unchanged. */
  readonly retry: boolean;
}

/** The table of errors; codes and close codes never change their meaning. */
export const errorDefinitions = {
  // Frames that cannot be read.
  'frame-too-large': define(4000, 'either', false, 'A frame has more bytes than the receiver allows.'),
  'text-frame': define(4001, 'either', false, 'A WebSocket message is text; every frame is binary.'),
  'malformed-frame': define(4002, 'either', false, 'The prefix, lengths or padding of a frame contradict its size.'),
  'malformed-header': define(4003, 'either', false, 'A header is not exactly one MessagePack map of allowed kinds.'),
  'unknown-message': define(4004, 'either', false, 'The type of a message is not one that the receiver accepts.'),
  'invalid-message': define(4005, 'either', false, 'A field of a message is missing, unknown or out of its bounds.'),
  'payload-length': define(4006, 'either', false, 'A payload is not as long as the message and the run demand.'),
  'payload-digest': define(4007, 'either', false, 'A payload does not have the SHA-256 that its message names.'),
  'unexpected-message': define(4008, 'either', false, 'A message is valid but not allowed in this state of the conversation.'),
  'out-of-step': define(4009, 'worker', true, 'A lease names parameters or a program that should have come before it.'),
  // Joining.
  'protocol-version': define(4020, 'either', false, 'The two sides speak different versions of the protocol.'),
  'contract-version': define(4021, 'either', false, 'The two sides follow different versions of the numerics contract.'),
  'numerics-profile': define(4022, 'either', false, 'The worker does not compute in the numerics profile of the run.'),
  unauthorized: define(4023, 'coordinator', false, 'The run wants a join token and the worker gave none or a wrong one.'),
  'proof-failed': define(4024, 'either', false, 'The digests that prove exact arithmetic are not the expected ones.'),
  'worker-replaced': define(4025, 'coordinator', false, 'The same worker id has joined again over a newer connection.'),
  'too-many-workers': define(4026, 'coordinator', true, 'The run has as many workers as its configuration allows.'),
  'handshake-timeout': define(4027, 'coordinator', true, 'A connection did not say hello in time.'),
  // Computing.
  'program-rejected': define(4040, 'worker', false, 'The worker cannot run a program: it is invalid or over a limit.'),
  'compute-failed': define(4041, 'worker', true, 'A compute thread or device of the worker failed.'),
  'contribution-mismatch': define(
    4042,
    'coordinator',
    false,
    'A contribution contradicts its lease: another range, job or shape.',
  ),
  'wrong-bits': define(4043, 'coordinator', false, 'A contribution differs from the same node computed by other workers.'),
  // The connection.
  'heartbeat-timeout': define(4060, 'either', true, 'Nothing was heard from the other side for too long.'),
  'slow-consumer': define(4061, 'coordinator', true, 'The receiver takes frames more slowly than they are produced.'),
  'shutting-down': define(4062, 'either', true, 'The sender is ending in good order.'),
  'internal-error': define(4063, 'either', true, 'The sender met a fault of its own.'),
  'connection-lost': define(4064, 'local', true, 'The connection ended without a close.'),
  unreachable: define(4065, 'local', true, 'No connection to the coordinator could be made.'),
  'origin-refused': define(4066, 'local', false, 'The coordinator refused the upgrade: Origin or Host is not allowed.'),
  'too-many-connections': define(4067, 'local', true, 'The coordinator refused the upgrade: it has too many connections.'),
} as const satisfies Readonly<Record<string, ErrorDefinition>>;

/** The stable code of an error. */
export type ErrorCode = keyof typeof errorDefinitions;

/** All codes, in the order of the table. */
export const errorCodes = Object.keys(errorDefinitions) as readonly ErrorCode[];

/** Whether a code received from the other side is one of this version's. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorDefinitions, code);
}

/** Whether a worker may connect again after an error with this code; false for codes of other versions. */
export function mayRetry(code: string): boolean {
  return isErrorCode(code) && errorDefinitions[code].retry;
}

/** Something that came over the wire, or did not, and that the protocol has a code for. */
export class ProtocolError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

function define(closeCode: number, sender: ErrorSender, retry: boolean, meaning: string): ErrorDefinition {
  return { closeCode, sender, retry, meaning };
}
