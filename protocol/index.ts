// The face of protocol/: what coordinator and workers say to each other.

export type {
  Cancel,
  CoordinatorMessage,
  Finish,
  Lease,
  Move,
  ParametersMessage,
  ProgramEntry,
  ProgramMessage,
  Refuse,
  Segment,
  Welcome,
} from './coordinator-messages.js';
export { closeReason, closureOfWebSocket, webSocketCloseCode } from './close-codes.js';
export type { ErrorCode, ErrorDefinition, ErrorSender } from './errors.js';
export { errorCodes, errorDefinitions, isErrorCode, mayRetry, ProtocolError } from './errors.js';
export type { Frame, FrameReader } from './frames.js';
export { decodeFrame, encodeFrame } from './frames.js';
export { printableText } from './fields.js';
export type { InMemoryTransport, Schedule } from './in-memory-transport.js';
export { createInMemoryTransport } from './in-memory-transport.js';
export type { ProtocolLimits } from './limits.js';
export { defaultProtocolLimits, fieldLimits, frameBytesFor, payloadAlignment } from './limits.js';
export type {
  LiveDecays,
  LiveEvaluation,
  LiveEvent,
  LiveGreeting,
  LiveMessage,
  LiveProgress,
  LiveRefusal,
  LiveRun,
  LiveSnapshot,
  LiveTraffic,
  LiveTree,
  LiveTreeNode,
  LiveUpdate,
  LiveVolunteers,
  LiveWorker,
  LiveWorkers,
} from './live-messages.js';
export { liveLimits, livePath, liveVersion } from './live-messages.js';
export type { LiveBucket, LiveCurve } from './live-series.js';
export { DecimatedCurve, ThinnedSamples } from './live-series.js';
export type {
  StudyAxis,
  StudyHead,
  StudyProgress,
  StudyRunChange,
  StudyRunHead,
  StudyRunStateName,
  StudySnapshot,
  StudyTest,
  StudyUpdate,
  StudyWorker,
  StudyWorkers,
} from './study-messages.js';
export { studyCurveLimit, studyLimits } from './study-messages.js';
export type { Message, MessagesBySender, MessageType, PayloadMessage, Sender } from './messages.js';
export { contractVersion, hasPayload, messageSchemas, messageTypes, numericsProfile, protocolVersion } from './messages.js';
export type { PayloadLengths } from './payload.js';
export { bytesOfFloats, coordinatorPayloadLengths, floatsOfBytes, workerPayloadLengths } from './payload.js';
export type { SegmentLayout, StepRecord } from './segment-payload.js';
export {
  readStepRecord,
  segmentLayout,
  segmentRequestLength,
  segmentResultLength,
  stepRecordAt,
  writeStepRecord,
} from './segment-payload.js';
export type { RunSummary } from './run-summary.js';
export { curvePointLimit, readRunSummary, runSummaryPath } from './run-summary.js';
export type { Accept, Bytes, CloseCode, Closure, Connect, Connection, ConnectionHandlers, Listener } from './transport.js';
export { deliver } from './transport.js';
export { checkVersions } from './versions.js';
export type { Arithmetic, Contribution, Failure, Goodbye, Hello, Proof, Release, WorkerMessage } from './worker-messages.js';
export type { WebSocketConnectionOptions, WebSocketLike } from './websocket.js';
export { connectionOverWebSocket } from './websocket.js';
