import { describe, expect, test } from 'vitest';
import { checkHeaderStructure } from '../../protocol/header-structure.js';

const a = [0xa1, 0x61];
const b = [0xa1, 0x62];

describe('checkHeaderStructure()', () => {
  test.each<[string, readonly number[]]>([
    ['an empty map', [0x80]],
    ['a map with a count of 16 bits', [0xde, 0, 1, ...a, 1]],
    ['a map with a count of 32 bits', [0xdf, 0, 0, 0, 1, ...a, 1]],
    ['strings of every form', [0x81, 0xd9, 1, 0x61, 0x94, 0xa0, 0xd9, 1, 0x61, 0xda, 0, 1, 0x61, 0xdb, 0, 0, 0, 1, 0x61]],
    ['arrays of every form', [0x81, ...a, 0x92, 0xdc, 0, 1, 1, 0xdd, 0, 0, 0, 1, 1]],
    ['booleans and numbers', [0x82, ...a, 0xc2, ...b, 0x93, 0xc3, 0xff, 0xca, 0, 0, 0, 0]],
    ['maps nested four deep', [0x81, ...a, 0x81, ...a, 0x81, ...a, 0x80]],
  ])('accepts %s', (_name, bytes) => {
    expect(() => checkHeaderStructure(Uint8Array.from(bytes))).not.toThrow();
  });

  test.each<[string, readonly number[], string]>([
    ['nothing', [], 'found 0 bytes, wanted more'],
    ['a number', [0x05], 'found no map at byte 0, wanted one'],
    ['an array', [0x90], 'found no map at byte 0, wanted one'],
    ['bytes after the map', [0x80, 0], 'found 1 bytes after the map, wanted none'],
    ['the byte that MessagePack never uses', [0x81, ...a, 0xc1], 'found an item of kind 0xc1, which headers do not have'],
    ['nil', [0x81, ...a, 0xc0], 'kind 0xc0'],
    ['binary data', [0x81, ...a, 0xc4, 0], 'kind 0xc4'],
    ['an extension', [0x81, ...a, 0xd4, 0x72, 0x40], 'kind 0xd4'],
    ['a record definition', [0xd4, 0x72, 0x40, 0x91, ...a, 1], 'kind 0xd4'],
    ['an extension with a length', [0x81, ...a, 0xc7, 1, 0x65, 0], 'kind 0xc7'],
    ['a number as key', [0x81, 0x01, 0x01], 'found a key that is no string'],
    ['a map as key', [0x81, 0x80, 0x01], 'found a key that is no string'],
    ['the same key twice', [0x82, ...a, 1, ...a, 2], 'found the same key twice'],
    ['the same key twice in two forms', [0x82, ...a, 1, 0xd9, 1, 0x61, 2], 'found the same key twice'],
    ['maps nested five deep', [0x81, ...a, 0x81, ...a, 0x81, ...a, 0x81, ...a, 0x80], 'nested deeper than 4'],
    ['a map that ends early', [0x82, ...a, 1], 'found 4 bytes, wanted 5 or more'],
    ['a string that ends early', [0x81, ...a, 0xa5, 0x61], 'wanted 9 or more'],
    ['a number that ends early', [0x81, ...a, 0xcd, 0], 'wanted 6 or more'],
    ['a count that ends early', [0x81, ...a, 0xdd, 0, 0], 'wanted 8 or more'],
    ['an array of 2³² − 1 items', [0x81, ...a, 0xdd, 0xff, 0xff, 0xff, 0xff], 'wanted 4294967303 or more'],
    ['a map of 2³² − 1 entries', [0xdf, 0xff, 0xff, 0xff, 0xff], 'wanted 8589934595 or more'],
    ['a string of 2³² − 1 bytes', [0x81, ...a, 0xdb, 0xff, 0xff, 0xff, 0xff], 'wanted 4294967303 or more'],
  ])('refuses %s', (_name, bytes, text) => {
    expect(() => checkHeaderStructure(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'malformed-header', message: expect.stringContaining(text) as string }),
    );
  });
});
