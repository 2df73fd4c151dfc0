// Schemas of the fields that messages are made of. Every string, list and number has bounds.
//
// Integers and digests are most of a lease and of a contribution, and a step waits while they are looked at: each is one check that
// finds what a chain of the library's own would.

import * as z from 'zod/mini';
import { fieldLimits } from './limits.js';

/** An integer in [minimum, maximum]; −0 is none. */
export function integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  return z.number().check(({ value: input, issues }) => {
    if (!Number.isInteger(input)) issues.push({ code: 'invalid_type', expected: 'int', input });
    else if (input < minimum) issues.push({ code: 'too_small', origin: 'number', minimum, input });
    else if (input > maximum) issues.push({ code: 'too_big', origin: 'number', maximum, input });
    else if (Object.is(input, -0)) issues.push({ code: 'custom', message: 'must not be -0', input });
  });
}

/** A duration in milliseconds, fractions included. */
export const duration = z
  .number()
  .check(z.gte(0), z.lte(fieldLimits.durationMilliseconds), z.refine(isNotNegativeZero, 'must not be -0'));

/** A duration of whole milliseconds, at least one. */
export const wholeDuration = integer(1, fieldLimits.durationMilliseconds);

/** So many lower-case hexadecimal digits. */
function hexadecimal(length: number) {
  const pattern = new RegExp(`^[0-9a-f]{${length}}$`);
  const message = `must be ${length} lower-case hexadecimal digits`;
  return z.string().check(({ value: input, issues }) => {
    if (input.length < length) issues.push({ code: 'too_small', origin: 'string', minimum: length, exact: true, input });
    else if (input.length > length) issues.push({ code: 'too_big', origin: 'string', maximum: length, exact: true, input });
    else if (!pattern.test(input)) issues.push({ code: 'invalid_format', format: 'regex', message, input });
  });
}

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256 = hexadecimal(64);

/** The id of a worker process: 32 lower-case hexadecimal digits. */
export const workerId = hexadecimal(32);

/** A name without spaces: letters, digits, dot, underscore and hyphen, a letter or digit first. */
export const name = z
  .string()
  .check(
    z.maxLength(fieldLimits.nameLength),
    z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" and "-"'),
  );

/** Printable ASCII without spaces. */
export const token = z
  .string()
  .check(z.minLength(1), z.maxLength(fieldLimits.tokenLength), z.regex(/^[!-~]*$/, 'must be printable ASCII'));

/** Text for people: one line, without control and formatting characters. */
export function text(maximumLength: number = fieldLimits.textLength) {
  return z.string().check(
    z.maxLength(maximumLength),
    z.refine((value) => !unprintable.test(value), 'must be one line of printable text'),
  );
}

/** Makes any text acceptable for a message: unprintable characters become spaces, what is too long is cut. */
export function printableText(value: string, maximumLength: number = fieldLimits.textLength): string {
  const units = value
    .slice(0, maximumLength * 2)
    .replaceAll(unprintableAll, ' ')
    .trim();
  if (units.length <= maximumLength) return units;
  return units.slice(0, maximumLength - 1).replace(/[\uD800-\uDBFF]$/, '') + '…';
}

/** A Threefry key: two unsigned 32-bit words. */
export const key = z.readonly(z.tuple([integer(0, 0xffff_ffff), integer(0, 0xffff_ffff)]));

/** The id of a lease or a job. */
export const identifier = integer(0);

/** Lease ids, at least one. */
export const leaseIds = z.readonly(z.array(identifier).check(z.minLength(1), z.maxLength(fieldLimits.leaseIdCount)));

/** The length of a flat vector of f32. */
export const vectorLength = integer(1, fieldLimits.vectorLength);

// Control, format and surrogate code points, line and paragraph separators.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const unprintableAll = new RegExp(unprintable.source, 'gu');

function isNotNegativeZero(value: number): boolean {
  return !Object.is(value, -0);
}
