// A program as bytes: JSON with sorted keys and no spaces. It holds only ASCII text, integers and booleans, so that equal programs
// are equal bytes in any language; the SHA-256 of these bytes names the program.

import { defaultLimits, type ProgramLimits } from './limits.js';
import type { Program } from './program.js';
import { ProgramError } from './program-error.js';
import { validateProgram } from './validate.js';

/** The canonical JSON text of plain data. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalText(field)}`).join(',')}}`;
}

/** The canonical bytes of a program. */
export function canonicalBytes(program: Program): Uint8Array<ArrayBuffer> {
  const text = canonicalText(program);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f)
      throw new ProgramError('program-malformed', `Cannot serialize program: character ${code} found, ASCII wanted`);
    bytes[index] = code;
  }
  return bytes;
}

/** The validated program in canonical bytes. Throws ProgramError on anything else. */
export function parseProgramBytes(bytes: Uint8Array, limits: ProgramLimits = defaultLimits): Program {
  if (bytes.length > limits.bytes) {
    throw new ProgramError(
      'program-over-limit',
      `Cannot accept program: ${bytes.length} bytes found, at most ${limits.bytes} wanted`,
    );
  }
  const program = validateProgram(parseJson(bytes), limits);
  const canonical = canonicalBytes(program);
  if (canonical.length !== bytes.length || canonical.some((byte, index) => byte !== bytes[index])) {
    throw new ProgramError('program-malformed', 'Cannot accept program: other bytes than its canonical ones found');
  }
  return program;
}

function parseJson(bytes: Uint8Array): unknown {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 8192)
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + 8192)));
  try {
    return JSON.parse(pieces.join(''));
  } catch (cause) {
    throw new ProgramError('program-malformed', `Cannot accept program: ${String(cause)} found, JSON wanted`);
  }
}
