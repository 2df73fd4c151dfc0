// What is wrong with a plugin, for whoever named it or wrote it.

/** Stable codes of plugin errors. */
export type PluginErrorCode = 'plugin-invalid' | 'plugin-failed' | 'plugin-absent' | 'plugin-different';

/** A plugin that cannot be used, or that a run lacks. */
export class PluginError extends Error {
  readonly code: PluginErrorCode;

  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PluginError';
    this.code = code;
  }
}
