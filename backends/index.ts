// backends/: compilers from a program to machine code.

export * from './wasm/index.js';
export * from './webgpu/index.js';
