// Payloads: raw little-endian bytes after the header. A vector of f32 is its numbers, four bytes each.

import type { ProgramEntry, Segment } from './coordinator-messages.js';
import type { PayloadMessage } from './messages.js';
import { segmentLayout, segmentRequestLength, segmentResultLength } from './segment-payload.js';
import type { Bytes } from './transport.js';

/** The byte lengths that a receiver accepts for the payload of a message; none where it expects no such message. */
export type PayloadLengths = (message: PayloadMessage) => readonly number[];

/** What a coordinator accepts from its workers, given the run's programs and, where it gives out segments, the number of scalars. */
export function coordinatorPayloadLengths(programs: readonly ProgramEntry[], scalarCount?: number): PayloadLengths {
  const contributions = programs.map((program) => 4 * program.outputLength);
  const layout = scalarCount === undefined ? undefined : segmentLayout(programs, scalarCount);
  return (message) => {
    if (message.type !== 'contribution') return [];
    if (message.stepCount === undefined) return contributions;
    return layout === undefined ? [] : [4 * segmentResultLength(layout, message.stepCount)];
  };
}

/** What a worker accepts from its coordinator, given the programs of the welcome; before it, none. */
export function workerPayloadLengths(programs: readonly ProgramEntry[]): PayloadLengths {
  const parameters = programs.filter(({ role }) => role !== 'update').map((program) => 4 * program.inputLength);
  return (message) => {
    switch (message.type) {
      case 'parameters':
        return parameters;
      case 'segment':
        return segmentLengths(programs, message);
      case 'program':
        return programs.filter((program) => program.sha256 === message.sha256).map((program) => program.byteLength);
      case 'contribution':
        return [];
    }
  };
}

function segmentLengths(programs: readonly ProgramEntry[], { scalarCount, stepCount }: Segment): readonly number[] {
  const layout = segmentLayout(programs, scalarCount);
  return layout === undefined ? [] : [4 * segmentRequestLength(layout, stepCount)];
}

/** The bytes of a vector as a payload carries them; they stay the vector's own memory. */
export function bytesOfFloats(floats: Float32Array): Uint8Array {
  assertLittleEndian();
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** A payload as f32: a view where its place in memory allows, otherwise a copy. Throws a RangeError for a broken last number. */
export function floatsOfBytes(payload: Bytes): Float32Array<ArrayBuffer> {
  assertLittleEndian();
  if (payload.byteLength % 4 !== 0)
    throw new RangeError(`Cannot read floats: found ${payload.byteLength} bytes, wanted a multiple of 4`);
  const aligned = payload.byteOffset % 4 === 0 ? payload : payload.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function assertLittleEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
    throw new TypeError('Cannot view floats: this machine is not little-endian');
}
