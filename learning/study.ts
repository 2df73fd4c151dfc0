// A study: one configuration, and a grid of what differs between its runs. It expands to runs in the order of the file, the last axis fastest.
//
//   name: sizes
//   base: { task: …, model: … }
//   grid:
//     model.hidden: [8, 16]
//     seed: [0, 1, 2]

import { z } from 'zod';
import { ConfigurationError, configurationError } from './configuration-error.js';
import { parseRunConfig, runConfigSchema, type RunConfig, type RunConfigSchema } from './configuration.js';
import { assignField } from './overrides.js';

/** Runs that a study may have. */
const mostRuns = 10_000;

const studySchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name of letters, digits and . _ -'),
  description: z.string().default(''),
  base: z.record(z.string(), z.unknown()),
  grid: z.record(z.string(), z.array(z.unknown()).min(1)).default({}),
});

/** A study as its file has it. */
export type Study = z.output<typeof studySchema>;

/** One run of a study. */
export interface StudyRun {
  /** The values of the grid, by the paths of its axes. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly config: RunConfig;
}

/** Reads a study. Throws ConfigurationError with code `configuration-invalid`. */
export function parseStudy(raw: unknown): Study {
  const result = studySchema.safeParse(raw);
  if (result.success) return result.data;
  throw configurationError(result.error.issues, raw);
}

/** All runs, each with a name of its own. Throws ConfigurationError where one cannot be accepted, or where two are named alike. */
export function expandStudy(study: Study, schema: RunConfigSchema = runConfigSchema): readonly StudyRun[] {
  const axes = Object.entries(study.grid);
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > mostRuns) throw invalid(`${count} runs found, at most ${mostRuns} wanted`, study);
  const runs = Array.from({ length: count }, (_, index) => runOf(study, valuesAt(axes, index), schema));
  const names = new Set<string>();
  for (const { config } of runs) {
    if (names.has(config.name)) throw invalid(`two runs named ${config.name} found, distinct names wanted`, study);
    names.add(config.name);
  }
  return runs;
}

/** The values of one run: its index in the number system of the axes. */
function valuesAt(axes: readonly (readonly [string, readonly unknown[]])[], index: number): Readonly<Record<string, unknown>> {
  let rest = index;
  const values = axes.toReversed().map(([path, all]) => {
    const value = all[rest % all.length];
    rest = Math.floor(rest / all.length);
    return [path, value] as const;
  });
  return Object.fromEntries(values.toReversed());
}

function runOf(study: Study, values: Readonly<Record<string, unknown>>, schema: RunConfigSchema): StudyRun {
  const parts = Object.entries(values).map(([path, value]) => `${path.split('.').at(-1) ?? path}-${valueLabel(value)}`);
  const name = parts.length === 0 ? study.name : `${study.name}/${parts.join('_')}`;
  try {
    const raw = Object.entries(values).reduce<unknown>((config, [path, value]) => assignField(config, path, value), study.base);
    return { values, config: parseRunConfig({ ...(raw as object), name }, schema) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(error.code, `${error.message} (in run ${name})`, error.issues);
  }
}

/** A value of a grid as part of a name: a group by its own name, a list by its length. */
export function valueLabel(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  const isGroup = typeof value === 'object' && value !== null;
  const label = isGroup ? ('name' in value ? value.name : 'unnamed') : value;
  return String(label).replaceAll(/[^A-Za-z0-9.-]/g, '-');
}

function invalid(found: string, { name }: Study): ConfigurationError {
  return new ConfigurationError('configuration-invalid', `Cannot accept study ${name}: ${found}`);
}
