// The vocabulary of coordinator and workers: versions and all messages.

import type { CoordinatorMessage, ParametersMessage, ProgramMessage, Segment } from './coordinator-messages.js';
import { coordinatorMessageSchemas } from './coordinator-messages.js';
import type { Contribution, WorkerMessage } from './worker-messages.js';
import { workerMessageSchemas } from './worker-messages.js';

/** The version of messages and frames. */
export const protocolVersion = 3;

/** The version of the numerics contract (docs/numerics.md). */
export const contractVersion = 1;

/** The numerics profile: each product and each sum is rounded on its own. */
export const numericsProfile = 'strict';

/** Any message. */
export type Message = WorkerMessage | CoordinatorMessage;

/** The type of a message. */
export type MessageType = Message['type'];

/** A message that a payload follows. */
export type PayloadMessage = Contribution | ProgramMessage | ParametersMessage | Segment;

/** What each side says. */
export interface MessagesBySender {
  readonly worker: WorkerMessage;
  readonly coordinator: CoordinatorMessage;
}

/** Who sends a message. */
export type Sender = keyof MessagesBySender;

/** The schema of every message, by sender and type. */
export const messageSchemas = { worker: workerMessageSchemas, coordinator: coordinatorMessageSchemas } as const;

/** All message types, those of the worker first. */
export const messageTypes = [
  ...Object.keys(workerMessageSchemas),
  ...Object.keys(coordinatorMessageSchemas),
] as readonly MessageType[];

/** Whether a payload follows the message. */
export function hasPayload(message: Message): message is PayloadMessage {
  switch (message.type) {
    case 'program':
    case 'parameters':
    case 'segment':
      return true;
    case 'contribution':
      return message.finite;
    default:
      return false;
  }
}
