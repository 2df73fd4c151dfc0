// The plugins of a stored run beside those that were named: they are never loaded because a run's folder says so.

import { PluginError, type PluginIdentity, type Registry } from '../learning/index.js';

/** A plugin whose file is not the one that a run was made with. */
export interface ChangedPlugin {
  readonly found: PluginIdentity;
  readonly wanted: PluginIdentity;
}

/**
 * The plugins of a run whose files have changed since; what they make of the run may be the same nevertheless. Throws PluginError with
 * code `plugin-absent` where one was not named.
 */
export function comparePlugins(
  folder: string,
  wanted: readonly PluginIdentity[],
  { plugins }: Pick<Registry, 'plugins'>,
): readonly ChangedPlugin[] {
  return wanted.flatMap((one) => {
    const found = plugins.find(({ name }) => name === one.name);
    if (found === undefined) throw absent(folder, one, plugins);
    return found.sha256 === one.sha256 ? [] : [{ found, wanted: one }];
  });
}

function absent(folder: string, { name, file, sha256 }: PluginIdentity, plugins: readonly PluginIdentity[]): PluginError {
  const others = plugins.map((plugin) => plugin.name).join(', ');
  const found = others === '' ? 'no --plugin' : `--plugin of ${others} alone`;
  const wanted = `--plugin with ${name} wanted (it was ${file}, SHA-256 ${sha256})`;
  return new PluginError('plugin-absent', `Cannot read run ${folder}: ${found} found, ${wanted}`);
}

/** What a person is told of a file that has changed. */
export function describeChange({ found, wanted }: ChangedPlugin): string {
  return `the run was made with another file of plugin ${wanted.name}: SHA-256 ${found.sha256} found, ${wanted.sha256} then`;
}
