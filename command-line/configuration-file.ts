// A run's configuration from a YAML file and the command line: file, then environment-free overrides, then the strict schema.
// Errors name the file, line and column.

import { readFileSync } from 'node:fs';
import {
  applyOverrides,
  ConfigurationError,
  describeIssue,
  parseRunConfig,
  parseStudy,
  type ConfigurationIssue,
  type RunConfig,
  type RunConfigSchema,
  type Study,
} from '../learning/index.js';
import { isMap, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml';
import { CommandError, exitCodes } from './exit-codes.js';

/** What is read as a configuration, and how. */
export interface ConfigurationSource {
  /** `path=value`, applied in order. */
  readonly overrides: readonly string[];
  /** That of a registry. */
  readonly schema: RunConfigSchema;
}

/** The configuration in `file` with overrides applied. Throws CommandError or ConfigurationError. */
export function loadConfiguration(file: string, { overrides, schema }: ConfigurationSource): RunConfig {
  return load(file, (raw) => parseRunConfig(applyOverrides(raw, overrides), schema));
}

/** The study in `file`. Throws as `loadConfiguration` does. */
export const loadStudy = (file: string): Study => load(file, parseStudy);

function load<T>(file: string, parse: (raw: unknown) => T): T {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [start] = fault.linePos ?? [];
    const [message = ''] = fault.message.split('\n');
    throw invalid(`Cannot read ${file}:${start?.line ?? 1}:${start?.col ?? 1}: ${message.replace(/ at line.*$/, '')}`);
  }
  try {
    return parse(document.toJS() ?? {});
  } catch (error) {
    throw located(error, { file, document, lines });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const found = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw invalid(`Cannot read configuration ${file}: ${found} found, a readable YAML file wanted`);
  }
}

const invalid = (message: string): CommandError => new CommandError('configuration-invalid', exitCodes.usage, message);

interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** A configuration error with the place of its first issue in the file, where the file has it. */
function located(error: unknown, source: Source): unknown {
  if (!(error instanceof ConfigurationError)) return error;
  const [first, ...others] = error.issues;
  if (first === undefined) return invalid(error.message);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return invalid(`Cannot accept ${placeOf(first, source)}: ${describeIssue(first)}${more}`);
}

function placeOf({ path, unknownKey }: ConfigurationIssue, { file, document, lines }: Source): string {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length), unknownKey && length === path.length);
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  }
  return file;
}

function offsetOf(document: Document, path: readonly (string | number)[], atKey: boolean): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => String((item as Pair<Node>).key) === String(path.at(-1))) as
    Pair<Node, Node | null> | undefined;
  const node = atKey ? pair?.key : (pair?.value ?? pair?.key);
  return node?.range?.[0];
}
