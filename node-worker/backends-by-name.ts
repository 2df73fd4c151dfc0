// The backends that a compute thread can run on.

import { wasmBackend } from '../backends/index.js';
import { interpreter, type Backend } from '../tensor/index.js';

/** Names of the backends of a headless worker. */
export const backendNames = ['wasm', 'interpreter'] as const;
/** The name of a backend of a headless worker. */
export type BackendName = (typeof backendNames)[number];

/** The backend with this name. */
export function backendNamed(name: BackendName): Backend {
  switch (name) {
    case 'wasm':
      return wasmBackend;
    case 'interpreter':
      return interpreter;
  }
}
