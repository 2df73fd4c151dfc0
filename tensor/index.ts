// tensor/: programs as data. The builder and differentiation make them, the interpreter defines what they compute.

export type { Backend, Executable, Floats, Key, Microbatch } from './backend.js';
export { noSequences } from './backend.js';
export { bitsOf, floatOf, isFiniteBits, isNonFinite } from './float-bits.js';
export { type DeviceBackend, type DeviceExecutable, deviceOf } from './device-backend.js';
export { ProgramBuilder } from './builder.js';
export {
  gradientFlushExponent,
  updateFlushExponent,
  type BuilderOptions,
  type Operand,
  type RegionScope,
  type Value,
} from './value.js';
export { canonicalBytes, canonicalText, parseProgramBytes } from './canonical.js';
export { differentiate } from './differentiate.js';
export { countFlops, type FlopCount } from './flops.js';
export { interpreter } from './interpreter/interpreter.js';
export type { LaneArithmetic } from './lane-arithmetic.js';
export { inputLayout, inputLength, outputLayout, outputLength, type TensorPlace } from './layout.js';
export { defaultLimits, enforceLimits, type ProgramLimits } from './limits.js';
export { numberLanes, onNumbers } from './number-lanes.js';
export { absolute, cos, exp, flush, log, maximum, minimum, negate, sigmoid, sin, tanh, uniform } from './portable-functions.js';
export { ProgramError, type ProgramErrorCode } from './program-error.js';
export * from './program.js';
export { foldKey, keyFromSeed, threefry, threefry2x32 } from './random.js';
export { addInto, childrenOf, isTreeNode, parentOf, pathTo, splitPoint, sumTree, type TreeNode } from './tree.js';
export { validateProgram } from './validate.js';
export { inferValues, type Space, type Stage, type ValueInformation } from './values.js';
