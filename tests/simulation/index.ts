// The face of the simulation: worlds, what goes wrong in them, and how they are told.

export { crashPointWorlds } from './crash-points.js';
export { describeFault, type Fault } from './faults.js';
export { randomWorld } from './random-world.js';
export { lineTrace, type Trace } from './trace.js';
export { runWorld, type WorldOptions, type WorldPlan, type WorldResult } from './world.js';
