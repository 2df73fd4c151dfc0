// The folder rules of ARCHITECTURE.md, shown with the compiler: what a folder may import, and which platform it may touch.

import { describe, expect, test } from 'vitest';

import { compileInFolder, importOfTarget } from './folder-compiler.js';

/** Folder → folders that it may import. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  protocol: ['tensor'],
  backends: ['tensor'],
  learning: ['tensor'],
  analysis: ['learning', 'tensor'],
  coordinator: ['learning', 'protocol', 'tensor', 'backends'],
  'coordinator/store': ['coordinator', 'learning', 'protocol', 'tensor', 'backends'],
  'coordinator/shell': ['coordinator', 'coordinator/store', 'learning', 'protocol', 'tensor', 'backends'],
  worker: ['protocol', 'backends', 'tensor'],
  'node-worker': ['worker', 'protocol', 'backends', 'tensor'],
  'browser-worker': ['worker', 'protocol', 'backends', 'tensor'],
  // The compiler lets through what a referenced folder references; lint refuses tensor here.
  'live-page': ['protocol', 'tensor'],
};
const folders = [...Object.keys(allowedImports), 'command-line', 'experiments', 'benchmarks', 'tests'];
const withoutPlatform = ['tensor', 'protocol', 'backends', 'learning', 'analysis', 'coordinator', 'worker'];

/** Codes of the compiler: the file belongs to no referenced folder, and lies outside the folder's root. */
const notInProject = 6307;
const outsideRoot = 6059;

describe('tsconfig.json', () => {
  for (const [folder, allowed] of Object.entries(allowedImports)) {
    test(`of ${folder} lets it import ${allowed.join(', ') || 'nothing'} and nothing else`, () => {
      const others = folders.filter((other) => other !== folder);
      const complaints = compileInFolder(
        folder,
        others.map((other) => importOfTarget(folder, other)),
      );
      const refused = others.filter((_, line) => complaints.some((one) => one.line === line && one.code === notInProject));
      expect(refused).toEqual(others.filter((other) => !allowed.includes(other)));
      expect(complaints.filter(({ code }) => code !== notInProject && code !== outsideRoot)).toEqual([]);
    });
  }

  for (const folder of withoutPlatform) {
    test(`of ${folder} has no clock, console, timer, chance or I/O`, () => {
      const touches = [
        "import { readFileSync } from 'node:fs'; void readFileSync;",
        'const now: number = Date.now(); void now;',
        'const year: number = new Date().getFullYear(); void year;',
        'const elapsed: number = performance.now(); void elapsed;',
        "console.log('x');",
        'setTimeout(() => undefined, 1);',
        'const home: unknown = process.env; void home;',
        'const drawn: number = Math.random(); void drawn;',
        'const page: unknown = document; void page;',
      ];
      const lines = new Set(compileInFolder(folder, touches).map(({ line }) => line));
      expect([...lines].sort((a, b) => a - b)).toEqual(touches.map((_, line) => line));
    });
  }

  for (const folder of ['tensor', 'protocol', 'backends', 'learning', 'coordinator', 'worker']) {
    test(`of ${folder} has no function whose bits depend on the engine`, () => {
      const calls = ['exp(1)', 'log(1)', 'cos(1)', 'sin(1)', 'tanh(1)', 'pow(2, 0.5)', 'hypot(3, 4)'];
      const lines = ['sqrt(2)', 'fround(0.1)', ...calls].map((call, index) => `export const x${index}: number = Math.${call};`);
      expect(compileInFolder(folder, lines).map(({ line }) => line - 2)).toEqual(calls.map((_, index) => index));
    });
  }

  test('of node-worker has Node.js, and of browser-worker has a page', () => {
    expect(compileInFolder('node-worker', ["import { cpus } from 'node:os'; void cpus; void Date.now().toFixed();"])).toEqual([]);
    expect(compileInFolder('browser-worker', ['void document.title.length; void performance.now().toFixed();'])).toEqual([]);
    expect(compileInFolder('browser-worker', ["import { cpus } from 'node:os'; void cpus;"])).toHaveLength(1);
  });
});
