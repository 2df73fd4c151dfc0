// The entry of a compute worker: one of several on the processor, or the one that owns the GPU. It listens to its tab alone.

import { expose } from 'comlink';
import { ComputeService } from './compute-service.js';
import { GpuService } from './gpu-service.js';
import { gpuThreadName } from './thread-handle.js';

expose(self.name === gpuThreadName ? new GpuService() : new ComputeService());
