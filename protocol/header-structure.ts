// The grammar of a header, checked before the MessagePack library sees it. The library also knows extensions (records, dates,
// regular expressions, references) and reserves memory by the counts that a sender claims; none of that is part of the protocol.
//
//   header = map;   item = map | array | string | integer | float | boolean;   keys are strings, each at most once in a map

import { ProtocolError } from './errors.js';
import { fieldLimits } from './limits.js';

/** Throws `malformed-header` unless the bytes are exactly one map of allowed items. */
export function checkHeaderStructure(header: Uint8Array): void {
  const kind = kindOf(byteAt(header, 0));
  if (kind.type !== 'map') throw malformed('found no map at byte 0, wanted one');
  const end = skipItem(header, 0, 0);
  if (end !== header.length) throw malformed(`found ${header.length - end} bytes after the map, wanted none`);
}

/** How an item goes on after its first byte: `size` bytes of content, or `size` bytes that count what follows. */
type Kind =
  | { readonly type: 'number' | 'boolean'; readonly size: number }
  | { readonly type: 'string' | 'array' | 'map'; readonly size: number; readonly count: number };

const kindsFromC2: Readonly<Record<number, Kind>> = {
  0xc2: { type: 'boolean', size: 0 },
  0xc3: { type: 'boolean', size: 0 },
  0xca: { type: 'number', size: 4 },
  0xcb: { type: 'number', size: 8 },
  0xcc: { type: 'number', size: 1 },
  0xcd: { type: 'number', size: 2 },
  0xce: { type: 'number', size: 4 },
  0xcf: { type: 'number', size: 8 },
  0xd0: { type: 'number', size: 1 },
  0xd1: { type: 'number', size: 2 },
  0xd2: { type: 'number', size: 4 },
  0xd3: { type: 'number', size: 8 },
  0xd9: { type: 'string', size: 1, count: 0 },
  0xda: { type: 'string', size: 2, count: 0 },
  0xdb: { type: 'string', size: 4, count: 0 },
  0xdc: { type: 'array', size: 2, count: 0 },
  0xdd: { type: 'array', size: 4, count: 0 },
  0xde: { type: 'map', size: 2, count: 0 },
  0xdf: { type: 'map', size: 4, count: 0 },
};

function kindOf(token: number): Kind {
  if (token <= 0x7f || token >= 0xe0) return { type: 'number', size: 0 };
  if (token <= 0x8f) return { type: 'map', size: 0, count: token & 0x0f };
  if (token <= 0x9f) return { type: 'array', size: 0, count: token & 0x0f };
  if (token <= 0xbf) return { type: 'string', size: 0, count: token & 0x1f };
  const kind = kindsFromC2[token];
  if (kind === undefined) throw malformed(`found an item of kind 0x${token.toString(16)}, which headers do not have`);
  return kind;
}

/** The offset of the first byte after the item at `offset`. */
function skipItem(header: Uint8Array, offset: number, depth: number): number {
  const kind = kindOf(byteAt(header, offset));
  const content = advance(header, offset + 1, kind.size);
  switch (kind.type) {
    case 'number':
    case 'boolean':
      return content;
    case 'string':
      return advance(header, content, countOf(header, kind, content));
    case 'array':
      return skipArray(header, content, countOf(header, kind, content), depth + 1);
    case 'map':
      return skipMap(header, content, countOf(header, kind, content), depth + 1);
  }
}

function skipArray(header: Uint8Array, offset: number, count: number, depth: number): number {
  checkDepth(depth);
  // Every item takes at least one byte.
  advance(header, offset, count);
  let end = offset;
  for (let index = 0; index < count; index++) end = skipItem(header, end, depth);
  return end;
}

function skipMap(header: Uint8Array, offset: number, count: number, depth: number): number {
  checkDepth(depth);
  advance(header, offset, 2 * count);
  const keys = new Set<string>();
  let end = offset;
  for (let index = 0; index < count; index++) {
    const key = kindOf(byteAt(header, end));
    if (key.type !== 'string') throw malformed('found a key that is no string');
    const afterKey = skipItem(header, end, depth);
    keys.add(header.subarray(end + 1 + key.size, afterKey).join());
    if (keys.size !== index + 1) throw malformed('found the same key twice in one map');
    end = skipItem(header, afterKey, depth);
  }
  return end;
}

/** The count of a string, an array or a map: in its first byte, or big-endian in the `size` bytes before `content`. */
function countOf(header: Uint8Array, kind: Extract<Kind, { count: number }>, content: number): number {
  let count = kind.count;
  for (let index = content - kind.size; index < content; index++) count = count * 256 + byteAt(header, index);
  return count;
}

function advance(header: Uint8Array, offset: number, byteCount: number): number {
  if (byteCount > header.length - offset) throw malformed(`found ${header.length} bytes, wanted ${offset + byteCount} or more`);
  return offset + byteCount;
}

function byteAt(header: Uint8Array, offset: number): number {
  const byte = header[offset];
  if (byte === undefined) throw malformed(`found ${header.length} bytes, wanted more`);
  return byte;
}

function checkDepth(depth: number): void {
  if (depth > fieldLimits.headerDepth) throw malformed(`found items nested deeper than ${fieldLimits.headerDepth}`);
}

function malformed(found: string): ProtocolError {
  return new ProtocolError('malformed-header', `Cannot read header: ${found}`);
}
