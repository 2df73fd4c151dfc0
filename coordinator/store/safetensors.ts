// The safetensors format (huggingface/safetensors), f32 only: named tensors that Python opens without running code.
//
//   offset 0      u64 little-endian: N, the header's length
//          8      header: JSON, padded with spaces so that the data is aligned to 8
//          8 + N  the tensors' data, one after the other

import { endianness } from 'node:os';
import { RunError } from '../index.js';

/** A matrix in a file. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a file holds. */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly StoredTensor[];
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

const prefixBytes = 8;

/** The bytes of a file with these tensors, in their order. */
export function encodeSafetensors({ metadata, tensors }: TensorFile): Uint8Array {
  if (endianness() !== 'LE') throw new TypeError('Cannot encode tensors: this machine is not little-endian');
  const header: Record<string, unknown> = { __metadata__: metadata };
  let length = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [length, length + values.byteLength] };
    length += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / prefixBytes) * prefixBytes;
  const file = Buffer.alloc(prefixBytes + headerBytes + length, ' ');
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  file.set(text, prefixBytes);
  let offset = prefixBytes + headerBytes;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

/** Reads a file's bytes. Throws RunError with code `checkpoint-malformed` for anything but f32 tensors that fill it. */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = file.length < prefixBytes ? NaN : Number(file.readBigUInt64LE(0));
  if (!(headerBytes <= file.length - prefixBytes)) throw malformed(`${file.length} bytes found, too few for its header`);
  const { __metadata__: metadata, ...entries } = parseHeader(file.subarray(prefixBytes, prefixBytes + headerBytes));
  const data = file.subarray(prefixBytes + headerBytes);
  const tensors = Object.entries(entries as Record<string, HeaderEntry>).map(([name, entry]) => readTensor(name, entry, data));
  const length = tensors.reduce((sum, { values }) => sum + values.byteLength, 0);
  if (length !== data.length) throw malformed(`${data.length} bytes of data found, ${length} wanted`);
  return { metadata: (metadata ?? {}) as Record<string, string>, tensors };
}

function parseHeader(header: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(header.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw malformed('a header found that is no JSON object');
}

function readTensor(name: string, entry: HeaderEntry | null, data: Buffer): StoredTensor {
  const [begin = NaN, end = NaN] = entry?.data_offsets ?? [];
  const elementCount = (entry?.shape ?? [NaN]).reduce((product, size) => product * size, 1);
  if (entry?.dtype !== 'F32' || !(begin >= 0 && end <= data.length) || end - begin !== 4 * elementCount) {
    throw malformed(`tensor '${name}' found that is not f32 or lies outside of the file`);
  }
  // A copy: the file's data need not be aligned in memory.
  const values = new Float32Array(data.buffer.slice(data.byteOffset + begin, data.byteOffset + end) as ArrayBuffer);
  return { name, shape: entry.shape, values };
}

function malformed(found: string): RunError {
  return new RunError('checkpoint-malformed', `Cannot read tensors: ${found}`);
}
