// TensorFlow.js keeps its gradients in modules that Node.js cannot load: they name each other without '.js' and say nowhere that
// they are ECMAScript modules. A loader hook adds both. (The package that bundles everything weighs ten times as much.)

import { register } from 'node:module';

const hook = `
  const isCore = (url) => url?.includes('/tfjs-core/dist/') && !url.endsWith('.node.js');
  export const resolve = (specifier, context, next) =>
    next(isCore(context.parentURL) && specifier.startsWith('.') ? specifier + '.js' : specifier, context);
  export const load = (url, context, next) => next(url, isCore(url) ? { ...context, format: 'module' } : context);
`;

/** Registers the gradients of all operations with the engine, of which there is one per process. */
export async function registerGradients(): Promise<void> {
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const gradients = '@tensorflow/tfjs-core/dist/register_all_gradients.js';
  await import(gradients);
}
