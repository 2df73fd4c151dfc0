// Reads a log line by line, up to its end or to the first line that is damaged.

import type { Disk } from './disk.js';

/** A whole line of a log. */
export interface LogLine<T> {
  readonly lineNumber: number;
  readonly value: T;
  /** Offset of the first byte behind the line. */
  readonly endByte: number;
}

/** Where a log stops to make sense. What was being written in a crash looks like this too, at the very end. */
export interface LogDamage {
  readonly lineNumber: number;
  readonly found: string;
}

/** Lines in order, each checked by `parse`, which throws where a line cannot be one of the log's. Returns the damage, if there is any. */
export async function* readLog<T>(
  disk: Disk,
  path: string,
  parse: (value: unknown) => T,
): AsyncGenerator<LogLine<T>, LogDamage | undefined> {
  let lineNumber = 0;
  for await (const { text, endByte } of readLines(disk, path)) {
    lineNumber += 1;
    if (text === undefined) return { lineNumber, found: 'a line without an end' };
    let value: T;
    try {
      value = parse(JSON.parse(text));
    } catch (error) {
      const found = error instanceof SyntaxError ? 'no JSON' : error instanceof Error ? error.message : String(error);
      return { lineNumber, found };
    }
    yield { lineNumber, value, endByte };
  }
  return undefined;
}

interface TextLine {
  /** Undefined where the file ends before the line does. */
  readonly text: string | undefined;
  readonly endByte: number;
}

const lineFeed = 0x0a;

async function* readLines(disk: Disk, path: string): AsyncGenerator<TextLine> {
  let rest: Uint8Array = new Uint8Array(0);
  let endByte = 0;
  for await (const piece of disk.readPieces(path)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, begin)) {
      const line = Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin);
      endByte += end + 1 - begin;
      begin = end + 1;
      yield { text: line.toString('utf8'), endByte };
    }
    rest = bytes.subarray(begin);
  }
  if (rest.length > 0) yield { text: undefined, endByte: endByte + rest.length };
}
