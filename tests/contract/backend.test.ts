import { createWasmBackend } from '../../backends/index.js';
import { deviceOf, interpreter } from '../../tensor/index.js';
import { testBackend } from './backend.contract.js';

for (const backend of [interpreter, createWasmBackend()]) testBackend(backend.name, () => Promise.resolve(deviceOf(backend)));
