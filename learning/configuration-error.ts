// What is wrong with a configuration, in one line: where, what was found, what was wanted.

import type { z } from 'zod';

/** Stable codes of configuration errors. */
export type ConfigurationErrorCode = 'configuration-invalid' | 'configuration-override';

/** One thing wrong with a configuration. */
export interface ConfigurationIssue {
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly wanted: string;
  /** Whether the key itself is the fault, not its value. */
  readonly unknownKey: boolean;
}

/** A configuration that cannot be accepted; `issues` serve to find the lines of a file. */
export class ConfigurationError extends Error {
  readonly code: ConfigurationErrorCode;
  readonly issues: readonly ConfigurationIssue[];

  constructor(code: ConfigurationErrorCode, message: string, issues: readonly ConfigurationIssue[] = []) {
    super(message);
    this.name = 'ConfigurationError';
    this.code = code;
    this.issues = issues;
  }
}

/** The issue as `path: found …, wanted …`. */
export function describeIssue({ path, found, wanted }: ConfigurationIssue): string {
  return `${path.length === 0 ? 'the whole' : path.join('.')}: ${found} found, ${wanted} wanted`;
}

/** The error for what the schema found wrong. */
export function configurationError(issues: readonly z.core.$ZodIssue[], raw: unknown): ConfigurationError {
  const known = issues.flatMap((issue) => issuesOf(issue, raw));
  const more = known.length > 1 ? ` (and ${known.length - 1} more)` : '';
  const first = known[0] === undefined ? 'nothing' : describeIssue(known[0]);
  return new ConfigurationError('configuration-invalid', `Cannot accept configuration: ${first}${more}`, known);
}

/** What one issue of the schema says. */
export function issuesOf(issue: z.core.$ZodIssue, raw: unknown): readonly ConfigurationIssue[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], found: 'an unknown key', wanted: 'none', unknownKey: true }));
  }
  const found = valueAt(raw, path);
  return [{ path, found: describeFound(found), wanted: describeWanted(issue, found), unknownKey: false }];
}

function valueAt(raw: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), raw);
}

const isRecord = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === 'object' && value !== null;

function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a group of fields';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
};

function describeWanted(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return listOf(issue.values);
    case 'invalid_union':
      return `${listOf('options' in issue && Array.isArray(issue.options) ? issue.options : ['another value'])}${pluginHint(found)}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}

/** A name with a slash is that of a plugin, which may only not have been named. */
const pluginHint = (found: unknown): string =>
  typeof found === 'string' && /^[^/]+\/[^/]+$/.test(found) ? ' (or a --plugin that has it)' : '';

function listOf(values: readonly unknown[]): string {
  const texts = values.map(String);
  return texts.length === 1 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1) ?? ''}`;
}
