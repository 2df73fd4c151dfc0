// The backends that a compute thread can run on.

import { wasmBackend } from '../backends/index.js';
import { interpreter, type Backend } from '../tensor/index.js';

/** The name of a backend that runs in threads. */
export type BackendName = 'wasm' | 'interpreter';

/** The backend with this name. */
export function backendNamed(name: BackendName): Backend {
  switch (name) {
    case 'wasm':
      return wasmBackend;
    case 'interpreter':
      return interpreter;
  }
}
