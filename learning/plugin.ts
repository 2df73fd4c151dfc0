// A plugin: models and tasks from outside this package, in a module that the person at the coordinator names.
//
//   export const plugin = definePlugin({ name: 'mine', models: [myModel], tasks: [myTask] });
//
// What it brings is called mine/…: no name of this package has a slash, now or later, so that neither ever stands for the other.

import type { z } from 'zod';
import type { ModelDefinition } from './models/model.js';
import type { Task } from './tasks/task.js';

/** The name of a plugin's model or task: the plugin's, a slash, its own. */
export type QualifiedName<Plugin extends string = string> = `${Plugin}/${string}`;

/** The `model` or `task` part of a configuration where it names one of a plugin. What else is in it, the plugin's schema says. */
// A type alias, not an interface: what the schema of an object gives has an index signature.
export type PluginOptions = { readonly name: QualifiedName };

/** A plugin's model. */
export type PluginModel<Name extends QualifiedName = QualifiedName> = ModelDefinition<Name, z.ZodObject>;
/** A plugin's task. */
export type PluginTask<Name extends QualifiedName = QualifiedName> = Task<Name, z.ZodObject>;

/** What the export `plugin` of a module is. */
export interface Plugin<Name extends string = string> {
  readonly name: Name;
  readonly models?: readonly PluginModel<QualifiedName<Name>>[];
  readonly tasks?: readonly PluginTask<QualifiedName<Name>>[];
}

/** Types a plugin by its name. */
export function definePlugin<const Name extends string>(plugin: Plugin<Name>): Plugin<Name> {
  return plugin;
}

/** Which plugin it was: its name, and the name and SHA-256 of its file. A run that needs it keeps this. */
export interface PluginIdentity {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
}

/** Whether a part of a configuration names something of a plugin. */
export function isPluginOptions(options: { readonly name: string }): options is PluginOptions {
  return options.name.includes('/');
}
