// From data that came from outside to a program: every field known and in range, every operation fitting its operands, all in limits.

import { enforceLimits, type ProgramLimits } from './limits.js';
import { operationFields, type FieldRule } from './operation-fields.js';
import type { Operation, Program } from './program.js';
import { ProgramError } from './program-error.js';
import { inferValues } from './values.js';

type Fields = Readonly<Record<string, unknown>>;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

function malformed(place: string, found: unknown, wanted: string): never {
  throw new ProgramError('program-malformed', `Cannot accept program: ${place}: ${describe(found)} found, ${wanted} wanted`);
}

/** What was found, in a few words: whatever came from outside must not make the message itself fail or grow. */
function describe(found: unknown): string {
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === 'object' && found !== null) return 'an object';
  return typeof found === 'string' ? JSON.stringify(found.slice(0, 80)) : String(found);
}

/** The value as a validated program. Throws ProgramError: malformed, of wrong shapes, or over its limits. */
export function validateProgram(value: unknown, limits: ProgramLimits): Program {
  const fields = recordOf('program', value, ['version', 'inputs', 'outputs', 'regions', 'operations']);
  if (fields['version'] !== 1) malformed('version', fields['version'], 'version 1');
  const operations = listOf('operations', fields['operations']);
  if (operations.length > limits.operations) {
    throw new ProgramError(
      'program-over-limit',
      `Cannot accept program: operations ${operations.length} found, at most ${limits.operations} wanted`,
    );
  }
  const program: Program = {
    version: 1,
    inputs: listOf('inputs', fields['inputs']).map((input, index) => {
      const place = `inputs[${index}]`;
      const { name, rows, columns } = recordOf(place, input, ['name', 'rows', 'columns']);
      return { name: nameOf(place, name), rows: sizeOf(place, rows), columns: sizeOf(place, columns) };
    }),
    outputs: listOf('outputs', fields['outputs']).map((output, index) =>
      outputOf(`outputs[${index}]`, output, operations.length),
    ),
    regions: listOf('regions', fields['regions']).map((region, index) => {
      const { reverse } = recordOf(`regions[${index}]`, region, ['reverse']);
      return typeof reverse === 'boolean' ? { reverse } : malformed(`regions[${index}].reverse`, reverse, 'true or false');
    }),
    operations: operations.map((operation, index) => operationOf(`operations[${index}]`, operation, operations.length)),
  };
  checkNames(program);
  checkOutputs(program);
  enforceLimits(program, limits);
  return program;
}

function checkNames(program: Program): void {
  for (const tensors of [program.inputs, program.outputs]) {
    const names = tensors.map((tensor) => tensor.name);
    const second = names.find((name, index) => names.indexOf(name) !== index);
    if (second !== undefined) malformed('names', second, 'distinct names');
  }
}

function checkOutputs(program: Program): void {
  const values = inferValues(program);
  for (const { name, value } of program.outputs) {
    if (values[value]?.space === 'parameter') continue;
    throw new ProgramError('program-stage', `Cannot accept program: output ${name}: a sequence-space value found, a sum wanted`);
  }
}

function recordOf(place: string, value: unknown, keys: readonly string[], optional: readonly string[] = []): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed(place, value, 'an object');
  const unknown = Object.keys(value).find((key) => !keys.includes(key) && !optional.includes(key));
  if (unknown !== undefined) malformed(place, unknown, `only ${keys.join(', ')}`);
  const missing = keys.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) malformed(place, value, `one with a field ${missing}`);
  return value as Fields;
}

function listOf(place: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : malformed(place, value, 'a list');
}

const nameOf = (place: string, value: unknown): string =>
  typeof value === 'string' && namePattern.test(value)
    ? value
    : malformed(`${place}.name`, value, `a name like ${namePattern.source}`);

const isInteger = (value: unknown, least: number, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most && !Object.is(value, -0);

const sizeOf = (place: string, value: unknown): number =>
  isInteger(value, 1, 2 ** 24) ? value : malformed(place, value, 'a size of 1 … 2^24');

function outputOf(place: string, output: unknown, operationCount: number): { readonly name: string; readonly value: number } {
  const { name, value } = recordOf(place, output, ['name', 'value']);
  if (!isInteger(value, 0, operationCount - 1)) return malformed(`${place}.value`, value, `an index below ${operationCount}`);
  return { name: nameOf(place, name), value };
}

function operationOf(place: string, value: unknown, operationCount: number): Operation {
  const op: unknown = typeof value === 'object' && value !== null ? (value as Fields)['op'] : undefined;
  const rules = typeof op === 'string' && Object.hasOwn(operationFields, op) ? operationFields[op as Operation['op']] : undefined;
  if (rules === undefined) return malformed(`${place}.op`, op, 'a known operation');
  const fields = recordOf(place, value, ['op', ...Object.keys(rules)], ['region']);
  for (const [name, rule] of Object.entries(rules)) checkField(`${place}.${name}`, fields[name], { rule, operationCount });
  const region = fields['region'];
  if (region !== undefined && !isInteger(region, 0, 2 ** 16)) malformed(`${place}.region`, region, 'an index of a region');
  // Every field has been checked against the rules of this operation.
  return fields as unknown as Operation;
}

interface FieldContext {
  readonly rule: FieldRule;
  readonly operationCount: number;
}

function checkField(place: string, value: unknown, { rule, operationCount }: FieldContext): void {
  switch (rule.type) {
    case 'integer':
      if (!isInteger(value, rule.least, rule.most)) malformed(place, value, `an integer of ${rule.least} … ${rule.most}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') malformed(place, value, 'true or false');
      return;
    case 'choice':
      if (typeof value !== 'string' || !rule.of.includes(value)) malformed(place, value, `one of ${rule.of.join(', ')}`);
      return;
    case 'words':
      if (!listOf(place, value).every((word) => isInteger(word, 0, 2 ** 32 - 1)))
        malformed(place, value, 'unsigned 32-bit integers');
      return;
    case 'operands': {
      const list = listOf(place, value);
      const fits = rule.count === 0 ? list.length > 0 && list.length <= 256 : list.length === rule.count;
      if (!fits) malformed(place, value, rule.count === 0 ? '1 … 256 operands' : `${rule.count} operands`);
      if (!list.every((operand) => isInteger(operand, 0, operationCount - 1)))
        malformed(place, value, `indexes below ${operationCount}`);
    }
  }
}
