// The configuration's fields as text, made from the schema: for --help and docs/configuration.md.

import { z } from 'zod';
import { runConfigSchema } from './configuration.js';

/** One field of the configuration. */
export interface ConfigurationField {
  /** Dotted, with the variant in parentheses where a group has variants: `model (gated-rnn).hidden`. */
  readonly path: string;
  readonly type: string;
  /** The default as JSON; undefined where a value is required. */
  readonly default: string | undefined;
  readonly description: string;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly multipleOf?: number;
}

/** Every field, groups before what is in them. */
export function describeConfiguration(): readonly ConfigurationField[] {
  return fieldsOf(z.toJSONSchema(runConfigSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '');
}

/** The fields as a table in Markdown. */
export function configurationTable(fields: readonly ConfigurationField[] = describeConfiguration()): string {
  const rows = fields.map(({ path, type, default: value, description }) => {
    const cells = [`\`${path}\``, type, value === undefined ? '' : `\`${value}\``, description];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function fieldsOf(schema: JsonSchema, prefix: string): readonly ConfigurationField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (field.properties !== undefined) return [groupField(path, field), ...fieldsOf(field, path)];
    if (field.items?.properties !== undefined) return [listField(path, field), ...fieldsOf(field.items, `${path}[]`)];
    if (field.oneOf === undefined) return [leafField(path, field)];
    return [groupField(path, field), ...field.oneOf.flatMap((variant) => variantFields(path, variant))];
  });
}

/** A variant is named by its discriminating literal; the literal's description is the variant's. */
function variantFields(path: string, variant: JsonSchema): readonly ConfigurationField[] {
  const [discriminator] = Object.entries(variant.properties ?? {}).filter(([, field]) => field.const !== undefined);
  if (discriminator === undefined) return fieldsOf(variant, path);
  const [key, literal] = discriminator;
  const own = fieldsOf(variant, `${path} (${String(literal.const)})`).filter((field) => !field.path.endsWith(`).${key}`));
  return [
    { path: `${path}.${key}`, type: `\`${String(literal.const)}\``, default: undefined, description: literal.description ?? '' },
    ...own,
  ];
}

function groupField(path: string, field: JsonSchema): ConfigurationField {
  return { path, type: 'group', default: undefined, description: field.description ?? '' };
}

function listField(path: string, field: JsonSchema): ConfigurationField {
  return { path, type: 'list of groups', default: undefined, description: field.description ?? '' };
}

function leafField(path: string, field: JsonSchema): ConfigurationField {
  const value = field.default === undefined ? undefined : JSON.stringify(field.default);
  return { path, type: typeOf(field), default: value, description: field.description ?? '' };
}

function typeOf(field: JsonSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (field.anyOf !== undefined) return field.anyOf.map(typeOf).join(' or ');
  if (field.type === 'object') return 'fields';
  const name = typeof field.type === 'string' ? field.type : (field.type ?? []).join(' or ');
  const range = rangeOf(field);
  return range === '' ? name : `${name}, ${range}`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum, multipleOf }: JsonSchema): string {
  const low = exclusiveMinimum === undefined ? minimum : `more than ${exclusiveMinimum}`;
  const range = low === undefined && maximum === undefined ? [] : [`${low ?? '…'} to ${maximum ?? '…'}`];
  return [...range, ...(multipleOf === undefined ? [] : [`multiple of ${multipleOf}`])].join(', ');
}
