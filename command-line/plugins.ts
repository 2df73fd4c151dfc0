// --plugin FILE: models and tasks from modules that the person at this machine names. They are loaded here and nowhere else: what
// workers and tabs get of them are programs.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import { builtInRegistry, PluginError, registryOf, type PluginModule, type Registry } from '../learning/index.js';

/** Options of a command that reads configurations. */
export interface PluginCommandOptions {
  /** Files of plugins. */
  readonly plugin: readonly string[];
}

/** Adds `--plugin` to a command. */
export function addPluginOption(command: Command): Command {
  const meaning = 'JavaScript module with models and tasks of your own; its code runs here, never on workers; may be repeated';
  const collect = (file: string, previous: readonly string[]): readonly string[] => [...previous, file];
  return command.addOption(new Option('--plugin <file>', meaning).argParser(collect).default([], 'none'));
}

/** What configurations can name. Throws PluginError with code `plugin-invalid` where a file is no plugin. */
export async function loadRegistry({ plugin: files }: PluginCommandOptions): Promise<Registry> {
  if (files.length === 0) return builtInRegistry;
  const modules: PluginModule[] = [];
  for (const file of files) modules.push(await loadModule(file));
  return registryOf(modules);
}

async function loadModule(file: string): Promise<PluginModule> {
  const path = resolve(file);
  try {
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const exports = (await import(pathToFileURL(path).href)) as PluginModule['exports'];
    return { file: basename(path), sha256, exports };
  } catch (error) {
    throw new PluginError('plugin-invalid', `Cannot load plugin ${file}: ${foundOf(error, path)}`, { cause: error });
  }
}

/** What was found in place of a module that loads, and what was wanted. */
function foundOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const message = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ENOENT':
    case 'EACCES':
    case 'EISDIR':
      return `${code} found, a readable JavaScript module wanted`;
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return `${message}; a JavaScript module (.js or .mjs) wanted, so TypeScript has to be compiled first`;
    case 'ERR_MODULE_NOT_FOUND':
      return /'starling'/.test(message)
        ? 'no package starling found from its folder, one wanted: npm install or npm link it there'
        : `an import that leads nowhere found (${message}), modules that exist wanted`;
    default:
      return error instanceof SyntaxError
        ? `${message} found, a JavaScript module wanted (node --check shows the line)`
        : `${String(error)}${lineOf(error, path)} found, a module that loads without errors wanted`;
  }
}

/** The line of the file that an error comes from, as far as its stack tells. */
function lineOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, after = ''] = stack.split(`${pathToFileURL(path).href}:`);
  const line = /^\d+/.exec(after)?.[0];
  return line === undefined ? '' : ` in line ${line}`;
}
