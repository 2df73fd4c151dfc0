import { createWasmBackend } from '../../backends/index.js';
import { interpreter } from '../../tensor/index.js';
import { testBackend } from './backend.contract.js';

testBackend(interpreter);
testBackend(createWasmBackend());
