// Reads a log line by line: up to the first line that is damaged, or through all of them.

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
  /** Whether the file ends before the line does: what a crash leaves at the very end. */
  readonly isTorn: boolean;
}

/** Lines in order, each checked by `parse`, which throws where a line cannot be one of the log's. Returns the damage, if there is any. */
export async function* readLog<T>(
  disk: Disk,
  path: string,
  parse: (value: unknown) => T,
): AsyncGenerator<LogLine<T>, LogDamage | undefined> {
  for await (const line of readDamagedLog(disk, path, parse)) {
    if ('found' in line) return line;
    yield line;
  }
  return undefined;
}

/** Lines in order, the damaged ones among them. `parse` is called for each of them: with nothing for one that is no JSON. */
export async function* readDamagedLog<T>(
  disk: Disk,
  path: string,
  parse: (value: unknown) => T,
): AsyncGenerator<LogLine<T> | LogDamage> {
  let lineNumber = 0;
  for await (const { text, endByte } of readLines(disk, path)) {
    lineNumber += 1;
    if (text === undefined) {
      yield { lineNumber, found: 'a line without an end', isTorn: true };
      return;
    }
    const parsed = parseJson(text);
    let line: LogLine<T> | LogDamage;
    try {
      line = { lineNumber, value: parse(parsed), endByte };
    } catch (error) {
      const found = parsed === undefined ? 'no JSON' : error instanceof Error ? error.message : String(error);
      line = { lineNumber, found, isTorn: false };
    }
    yield line;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
