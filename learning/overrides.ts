// Changes to a raw configuration from a command line: `model.hidden=37`.

import { ConfigurationError } from './configuration-error.js';

type RawRecord = Readonly<Record<string, unknown>>;

/** A raw configuration with every `path=value` applied in order; a value is read as JSON where it is JSON, else as text. */
export function applyOverrides(raw: unknown, overrides: readonly string[]): unknown {
  return overrides.reduce<unknown>((config, override) => {
    const { path, value } = parseOverride(override);
    return withValue(config, path, { value, override });
  }, raw);
}

/** A raw configuration with the field at a dotted path replaced. Throws ConfigurationError where the path leads through a single value. */
export function assignField(raw: unknown, path: string, value: unknown): unknown {
  return withValue(raw, pathOf(path, path), { value, override: path });
}

function pathOf(text: string, override: string): readonly string[] {
  const path = text.split('.');
  if (path.every((key) => /^[A-Za-z][A-Za-z0-9]*$/.test(key))) return path;
  throw new ConfigurationError(
    'configuration-override',
    `Cannot apply override: "${override}" found, path.to.field=value wanted`,
  );
}

function parseOverride(override: string): { readonly path: readonly string[]; readonly value: unknown } {
  const separator = override.indexOf('=');
  const path = pathOf(override.slice(0, Math.max(0, separator)), override);
  return { path, value: parseValue(override.slice(separator + 1)) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const isRecord = (value: unknown): value is RawRecord => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Assignment {
  readonly value: unknown;
  readonly override: string;
}

function withValue(config: unknown, [key, ...rest]: readonly string[], assignment: Assignment): unknown {
  if (key === undefined) return assignment.value;
  if (config !== undefined && !isRecord(config)) {
    throw new ConfigurationError(
      'configuration-override',
      `Cannot apply override "${assignment.override}": a single value found before "${key}", a group of fields wanted`,
    );
  }
  const inner = config !== undefined && Object.hasOwn(config, key) ? config[key] : undefined;
  return { ...config, [key]: withValue(inner, rest, assignment) };
}
