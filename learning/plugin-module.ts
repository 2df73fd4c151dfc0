// A plugin's module as it was loaded: is there a plugin in it, and is it whole? The compiler tells an author that writes types; this tells everyone.

import { z } from 'zod';
import { PluginError } from './plugin-error.js';
import type { Plugin, PluginIdentity } from './plugin.js';

/** A module that was loaded as a plugin. */
export interface PluginModule extends Omit<PluginIdentity, 'name'> {
  /** Its exports, by name. */
  readonly exports: Readonly<Record<string, unknown>>;
}

const word = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const words = 'words of small letters and digits with - between them';

/** The plugin that a module exports. Throws PluginError with code `plugin-invalid` where there is none, or one that cannot be used. */
export function pluginOf({ file, exports }: PluginModule): Plugin {
  const refuse: Refuse = (found, wanted) => {
    throw new PluginError('plugin-invalid', `Cannot load plugin ${file}: ${found} found, ${wanted} wanted`);
  };
  const plugin = exports['plugin'];
  if (plugin === undefined) {
    const names = Object.keys(exports);
    const found = names.length === 0 ? 'no export' : `${names.length === 1 ? 'export' : 'exports'} ${names.join(', ')}`;
    return refuse(found, 'an export named plugin');
  }
  if (!isRecord(plugin)) return refuse(`plugin: ${describe(plugin)}`, 'what definePlugin() gives');
  const { name, models = [], tasks = [], ...others } = plugin;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return refuse(`plugin.${unknown}`, 'name, models and tasks alone');
  if (typeof name !== 'string' || !word.test(name)) return refuse(`plugin.name: ${describe(name)}`, words);
  for (const [group, methods] of [
    ['models', ['parameters', 'apply']],
    ['tasks', ['bind']],
  ] as const) {
    const members = { models, tasks }[group];
    if (!Array.isArray(members)) return refuse(`plugin.${group}: ${describe(members)}`, 'a list');
    members.forEach((member: unknown, index) =>
      checkMember(member, { path: `plugin.${group}[${index}]`, name, methods, refuse }),
    );
    const names = members.map((member: { readonly name: string }) => member.name);
    const twice = names.find((one, index) => names.indexOf(one) < index);
    if (twice !== undefined) return refuse(`plugin.${group}: ${twice} twice`, 'distinct names');
  }
  if ([models, tasks].every((list) => Array.isArray(list) && list.length === 0))
    return refuse('an empty plugin', 'a model or a task');
  // Checked above, as far as it can be without calling anything.
  return plugin as unknown as Plugin;
}

type Refuse = (found: string, wanted: string) => never;

interface MemberContext {
  readonly path: string;
  /** The plugin's. */
  readonly name: string;
  readonly methods: readonly string[];
  readonly refuse: Refuse;
}

function checkMember(member: unknown, { path, name: plugin, methods, refuse }: MemberContext): void {
  if (!isRecord(member)) return refuse(`${path}: ${describe(member)}`, 'a definition');
  const { name, schema } = member;
  const [first, own, ...more] = typeof name === 'string' ? name.split('/') : [];
  if (first !== plugin || own === undefined || !word.test(own) || more.length > 0) {
    return refuse(`${path}.name: ${describe(name)}`, `${plugin}/ and ${words}`);
  }
  if (!(schema instanceof z.ZodObject)) return refuse(`${path}.schema: ${describe(schema)}`, 'z.strictObject({ name, … })');
  const literal: unknown = schema.shape['name'];
  if (!(literal instanceof z.ZodLiteral) || !literal.values.has(name as string)) {
    return refuse(`${path}.schema with another name`, `name: z.literal('${String(name)}')`);
  }
  for (const method of methods) {
    if (typeof member[method] !== 'function') refuse(`${path}.${method}: ${describe(member[method])}`, 'a function');
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  return isRecord(value) ? 'an object' : JSON.stringify(value);
}
