// The entry of a compute worker. It listens to its pool alone.

import { expose } from 'comlink';
import { ComputeService } from './compute-service.js';

expose(new ComputeService());
