// A frame carries one message:
//
//   offset 0           u32 little-endian: H, the header's length in bytes
//          4           header: the message as a MessagePack map
//          4 + H       zeros up to the next multiple of 8, the payload's offset P
//          P           payload, to the end of the frame (often empty)

import { ProtocolError } from './errors.js';
import { decodeHeader, encodeHeader } from './header.js';
import type { ProtocolLimits } from './limits.js';
import { defaultProtocolLimits, payloadAlignment } from './limits.js';
import type { Message, MessagesBySender, Sender } from './messages.js';
import { hasPayload } from './messages.js';
import type { PayloadLengths } from './payload.js';
import { bytesOfFloats } from './payload.js';
import type { Bytes } from './transport.js';

/** A message and the payload that follows it; the payload is a view into the frame. */
export interface Frame<M extends Message = Message> {
  readonly message: M;
  readonly payload: Bytes;
}

/** What a receiver knows when it reads a frame. */
export interface FrameReader<S extends Sender> {
  /** Who has sent the frame. */
  readonly sender: S;
  readonly payloadLengths: PayloadLengths;
  /** `defaultProtocolLimits` where absent. */
  readonly limits?: ProtocolLimits;
}

const prefixBytes = 4;
const noPayload = new Uint8Array(0);

/** The frame of a message in memory of its own. Throws a TypeError for a message or payload that no receiver would accept. */
export function encodeFrame(message: Message, payload: Uint8Array | Float32Array = noPayload): Bytes {
  const header = encodeHeader(message);
  if (payload.length > 0 !== hasPayload(message)) {
    throw new TypeError(
      `Cannot encode ${message.type}: found ${payload.byteLength} payload bytes, wanted ${hasPayload(message) ? 'some' : 'none'}`,
    );
  }
  const payloadOffset = alignUp(prefixBytes + header.length);
  const frame = new Uint8Array(payloadOffset + payload.byteLength);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, prefixBytes);
  frame.set(payload instanceof Float32Array ? bytesOfFloats(payload) : payload, payloadOffset);
  return frame;
}

/** Reads a frame from outside. Whatever is wrong with it is a ProtocolError; nothing is allocated by a length it claims. */
export function decodeFrame<S extends Sender>(frame: Bytes, reader: FrameReader<S>): Frame<MessagesBySender[S]> {
  const headerEnd = prefixBytes + readHeaderLength(frame, reader.limits ?? defaultProtocolLimits);
  const payloadOffset = alignUp(headerEnd);
  if (frame.length < payloadOffset) throw malformed(`found ${frame.length} bytes, wanted ${payloadOffset} or more`);
  for (let offset = headerEnd; offset < payloadOffset; offset++) {
    if (frame[offset] !== 0) throw malformed(`found a padding byte that is not zero at offset ${offset}`);
  }
  const message = decodeHeader(frame.subarray(prefixBytes, headerEnd), reader.sender);
  const payload = frame.subarray(payloadOffset);
  checkPayloadLength(message, payload.length, reader.payloadLengths);
  return { message, payload };
}

function readHeaderLength(frame: Bytes, limits: ProtocolLimits): number {
  if (frame.length > limits.frameBytes) {
    throw new ProtocolError(
      'frame-too-large',
      `Cannot read frame: found ${frame.length} bytes, wanted at most ${limits.frameBytes}`,
    );
  }
  if (frame.length < prefixBytes) throw malformed(`found ${frame.length} bytes, wanted ${prefixBytes} or more`);
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  if (length > limits.headerBytes) throw malformed(`found a header of ${length} bytes, wanted at most ${limits.headerBytes}`);
  return length;
}

function checkPayloadLength(message: Message, payloadBytes: number, payloadLengths: PayloadLengths): void {
  const accepted = hasPayload(message) ? payloadLengths(message) : [0];
  if (accepted.includes(payloadBytes)) return;
  const wanted = accepted.length === 0 ? 'no such message yet' : [...new Set(accepted)].join(' or ');
  throw new ProtocolError(
    'payload-length',
    `Cannot accept ${message.type}: found ${payloadBytes} payload bytes, wanted ${wanted}`,
  );
}

function alignUp(byteCount: number): number {
  return Math.ceil(byteCount / payloadAlignment) * payloadAlignment;
}

function malformed(found: string): ProtocolError {
  return new ProtocolError('malformed-frame', `Cannot read frame: ${found}`);
}
