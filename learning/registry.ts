// The models and tasks that a configuration can name: those of this package, and those of plugins.

import { z } from 'zod';
import { runConfigSchema, runConfigSchemaOf, type RunConfig, type RunConfigSchema } from './configuration.js';
import { bindModel, modelSchema, type BoundModel } from './models/index.js';
import { bindPluginModel, bindPluginTask, type PluginMember } from './plugin-members.js';
import { pluginOf, type PluginModule } from './plugin-module.js';
import { PluginError } from './plugin-error.js';
import { isPluginOptions, type PluginIdentity, type PluginModel, type PluginOptions, type PluginTask } from './plugin.js';
import { bindTask, taskSchema, type BoundTask } from './tasks/index.js';

/** What a configuration can name. */
export interface Registry {
  /** The schema of configurations. */
  readonly schema: RunConfigSchema;
  readonly plugins: readonly PluginIdentity[];
  /** Models and tasks of plugins, by their names. */
  readonly models: ReadonlyMap<string, PluginMember<PluginModel>>;
  readonly tasks: ReadonlyMap<string, PluginMember<PluginTask>>;
}

/** The registry without plugins. */
export const builtInRegistry: Registry = { schema: runConfigSchema, plugins: [], models: new Map(), tasks: new Map() };

/** The registry with plugins. Throws PluginError with code `plugin-invalid` where a module is none, or where two plugins have one name. */
export function registryOf(modules: readonly PluginModule[]): Registry {
  const plugins = modules.map((module) => ({ ...module, plugin: pluginOf(module) }));
  plugins.forEach(({ plugin: { name }, file }, index) => {
    const other = plugins.slice(0, index).find(({ plugin }) => plugin.name === name);
    if (other === undefined) return;
    const message = `Cannot load plugin ${file}: the name ${name} found, which ${other.file} has, another one wanted`;
    throw new PluginError('plugin-invalid', message);
  });
  const models = plugins.flatMap(({ plugin, file }) => (plugin.models ?? []).map((definition) => ({ definition, file })));
  const tasks = plugins.flatMap(({ plugin, file }) => (plugin.tasks ?? []).map((definition) => ({ definition, file })));
  return {
    schema: runConfigSchemaOf({
      model: z.discriminatedUnion('name', [...modelSchema.options, ...models.map(schemaOf)]),
      task: z.discriminatedUnion('name', [...taskSchema.options, ...tasks.map(schemaOf)]),
    }) as unknown as RunConfigSchema,
    plugins: plugins.map(({ plugin: { name }, file, sha256 }) => ({ name, file, sha256 })),
    models: byName(models),
    tasks: byName(tasks),
  };
}

/** Options of plugins, too, are refused where they are not known. */
const schemaOf = ({ definition: { schema } }: PluginMember<PluginModel | PluginTask>) => schema.strict();

function byName<T extends PluginModel | PluginTask>(members: readonly PluginMember<T>[]): ReadonlyMap<string, PluginMember<T>> {
  return new Map(members.map((member) => [member.definition.name, member]));
}

/** The model that a configuration names. */
export function modelOf(registry: Registry, options: RunConfig['model']): BoundModel {
  return isPluginOptions(options) ? bindPluginModel(memberOf(registry.models, options), options) : bindModel(options);
}

/** The task that a configuration names. */
export function taskOf(registry: Registry, options: RunConfig['task']): BoundTask {
  return isPluginOptions(options) ? bindPluginTask(memberOf(registry.tasks, options), options) : bindTask(options);
}

function memberOf<T>(members: ReadonlyMap<string, T>, { name }: PluginOptions): T {
  const member = members.get(name);
  if (member !== undefined) return member;
  throw new RangeError(`Cannot build ${name}: a registry without it found, the one that its configuration was read with wanted`);
}

/** The plugins that a configuration needs. */
export function pluginsOf({ plugins }: Registry, { model, task }: RunConfig): readonly PluginIdentity[] {
  const isNeeded = ({ name }: PluginIdentity): boolean => [model, task].some((part) => part.name.startsWith(`${name}/`));
  return plugins.filter(isNeeded);
}
