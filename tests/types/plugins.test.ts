// What the compiler tells the author of a plugin, in TypeScript and in JavaScript with types in its comments.

import path from 'node:path';

import ts from 'typescript';
import { expect, test } from 'vitest';

import { repositoryRoot } from './folder-compiler.js';

/** Compiles files of examples/, some of which exist only for this test, as an author's own compiler does; gives the complaints about each. */
function complaintsAbout(files: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, readonly string[]> {
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts'], types: ['node'] },
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
    ...{ allowJs: true, noEmit: true, skipLibCheck: true },
  };
  const pathOf = (name: string): string => path.join(repositoryRoot, 'examples', name);
  const texts = new Map(
    Object.entries(files).flatMap(([name, text]) => (text === undefined ? [] : [[pathOf(name), text] as const])),
  );
  const host = ts.createCompilerHost(options);
  const [readFile, fileExists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  const names = Object.keys(files);
  const program = ts.createProgram({ rootNames: names.map(pathOf), options, host });
  const complaints = ts.getPreEmitDiagnostics(program);
  return new Map(
    names.map((name) => {
      const own = complaints.filter(({ file }) => file?.fileName === pathOf(name));
      return [name, own.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))] as const;
    }),
  );
}

const plugin = (changes: { readonly name?: string; readonly apply?: string } = {}): string => `
  import { defineModel, definePlugin, weight, z } from 'starling/learning';
  import type { Value } from 'starling/tensor';
  const model = defineModel({
    name: '${changes.name ?? 'mine/linear'}',
    schema: z.strictObject({ name: z.literal('mine/linear'), gain: z.number().default(1) }),
    parameters: ({ gain }, { inputDimension, outputDimension }) => [weight('w', outputDimension, inputDimension, gain)],
    apply: (_, { builder, tokens, parameter }): Value => ${changes.apply ?? "builder.matmul(tokens, parameter('w'))"},
  });
  export const plugin = definePlugin({ name: 'mine', models: [model] });
`;

test('the example is well typed, and a plugin in TypeScript is told what is wrong with it', () => {
  const complaints = complaintsAbout({
    'memory-plugin.js': undefined,
    'memory-plugin.test.js': undefined,
    'well-typed.ts': plugin(),
    'misspelled.ts': plugin({ apply: "builder.matmull(tokens, parameter('w'))" }),
    'misnamed.ts': plugin({ name: 'linear' }),
  });
  expect(Object.fromEntries(complaints)).toEqual({
    'memory-plugin.js': [],
    'memory-plugin.test.js': [],
    'well-typed.ts': [],
    'misspelled.ts': [expect.stringContaining("Property 'matmull' does not exist on type 'ProgramBuilder'")],
    'misnamed.ts': [expect.stringMatching(/"linear".* is not assignable to .*`mine\/\$\{string\}`/s)],
  });
});
