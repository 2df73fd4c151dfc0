// Headers: a message as a MessagePack map and back. What comes out is a message that its schema accepts, or a ProtocolError.

import { Packr } from 'msgpackr';
import type * as z from 'zod/mini';
import { ProtocolError } from './errors.js';
import { printableText } from './fields.js';
import { checkHeaderStructure } from './header-structure.js';
import type { Message, MessagesBySender, Sender } from './messages.js';
import { messageSchemas, protocolVersion } from './messages.js';

// Plain maps of the smallest form; integers of 64 bits become numbers, which the schemas bound.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, int64AsType: 'number' });

type Schemas = Readonly<Record<string, z.ZodMiniType<Message>>>;
const schemas: Readonly<Record<Sender, Schemas>> = messageSchemas;
const allSchemas: Schemas = { ...messageSchemas.worker, ...messageSchemas.coordinator };

/**
 * The header of a message, its keys in the schema's order. The result lies in memory that the next call uses again.
 * Throws a TypeError for a message that no receiver would accept.
 */
export function encodeHeader(message: Message): Uint8Array {
  const schema = allSchemas[message.type];
  if (schema === undefined) throw new TypeError(`Cannot encode message: ${quote(message.type)} is no message type`);
  const parsed = schema.safeParse(message, { error: describeIssue });
  if (!parsed.success) throw new TypeError(`Cannot encode ${message.type}: ${describeError(parsed.error)}`);
  // Its declared type is Node's Buffer, which this folder does not know.
  return packr.pack(withoutUndefined(parsed.data)) as Uint8Array;
}

/** Reads the header of a message that `sender` has sent. */
export function decodeHeader<S extends Sender>(header: Uint8Array, sender: S): MessagesBySender[S] {
  checkHeaderStructure(header);
  const fields = unpackMap(header);
  const type = fields.type;
  const schemasOfSender = schemas[sender];
  if (typeof type !== 'string' || !Object.hasOwn(schemasOfSender, type)) {
    throw new ProtocolError(
      'unknown-message',
      `Cannot read message: found type ${quote(type)}, wanted one that a ${sender} sends`,
    );
  }
  checkVersion(type, fields.protocolVersion);
  const parsed = schemasOfSender[type]?.safeParse(fields, { error: describeIssue });
  if (parsed?.success !== true) {
    throw new ProtocolError('invalid-message', `Cannot accept ${type}: ${describeError(parsed?.error)}`);
  }
  // The table of this sender's schemas gives this sender's messages.
  return parsed.data as MessagesBySender[S];
}

function unpackMap(header: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return packr.unpack(header) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new ProtocolError('malformed-header', 'Cannot read header: found bytes that are no MessagePack', { cause });
  }
}

/** Before the other fields, so that two versions that differ in them still understand why they part. */
function checkVersion(type: string, version: unknown): void {
  if (type !== 'hello' && type !== 'welcome') return;
  if (typeof version !== 'number' || version === protocolVersion) return;
  throw new ProtocolError(
    'protocol-version',
    `Cannot accept ${type}: found protocol version ${version}, wanted ${protocolVersion}`,
  );
}

function withoutUndefined(message: Message): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}

function describeError(error: z.core.$ZodError | undefined): string {
  const issue = error?.issues[0];
  if (issue === undefined) return 'found no valid message';
  const path = issue.path.join('.');
  return path === '' ? issue.message : `${path} ${issue.message}`;
}

function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `is ${quote(issue.input)}, wanted ${issue.expected}`;
    case 'unrecognized_keys':
      return `has the unknown field ${quote(issue.keys[0])}`;
    case 'too_small':
      return `is ${measure(issue)}, wanted at least ${issue.minimum}`;
    case 'too_big':
      return `is ${measure(issue)}, wanted at most ${issue.maximum}`;
    case 'not_multiple_of':
      return `is ${quote(issue.input)}, wanted a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `is ${quote(issue.input)}, wanted one of ${issue.values.join(', ')}`;
    default:
      return issue.message ?? 'is not acceptable';
  }
}

function measure(issue: z.core.$ZodRawIssue): string {
  const length = typeof issue.input === 'string' || Array.isArray(issue.input) ? issue.input.length : undefined;
  return length === undefined ? quote(issue.input) : `of length ${length}`;
}

/** A received value for an error's message: short and printable. */
function quote(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `"${printableText(value, 40)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'an array' : 'a map';
}
