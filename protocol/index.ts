// The face of protocol/: what coordinator and workers say to each other.

export type {
  Cancel,
  CoordinatorMessage,
  Finish,
  Lease,
  ParametersMessage,
  ProgramEntry,
  ProgramMessage,
  Refuse,
  Welcome,
} from './coordinator-messages.js';
export type { ErrorCode, ErrorDefinition, ErrorSender } from './errors.js';
export { errorCodes, errorDefinitions, isErrorCode, mayRetry, ProtocolError } from './errors.js';
export { printableText } from './fields.js';
export type { ProtocolLimits } from './limits.js';
export { defaultProtocolLimits, fieldLimits, frameBytesFor } from './limits.js';
export type { Message, MessageType, PayloadMessage, Sender } from './messages.js';
export { contractVersion, hasPayload, messageSchemas, messageTypes, numericsProfile, protocolVersion } from './messages.js';
export type { Accept, CloseCode, Closure, Connect, Connection, ConnectionHandlers, Listener } from './transport.js';
export type { Contribution, Failure, Goodbye, Hello, Proof, Release, WorkerMessage } from './worker-messages.js';
