// Every model beside PyTorch in double precision: outputs and gradients. tests/golden/models/generate.py makes the file.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../../backends/index.js';
import {
  bindModel,
  flatLength,
  flatten,
  modelNames,
  modelSchema,
  namedViews,
  type BoundModel,
  type ParameterSpecification,
} from '../../../learning/index.js';
import { interpreter, ProgramBuilder, type Backend, type Program } from '../../../tensor/index.js';

interface GoldenCase {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly outputs: readonly (readonly number[])[];
  /** In the order in which the parameters drew their numbers. */
  readonly gradients: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const path = new URL('../../golden/models/models.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: readonly GoldenCase[] };

const [tokenCount, inputDimension, outputDimension] = [6, 3, 2];
/** Equal sequences; their sums are eight times one's, exactly. */
const sequenceCount = 8;

/** As in generate.py. */
function numbers(count: number, phase: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (((i * i * 7 + i * 29 + phase * 17 + ((i * phase) % 13)) % 127) - 63) / 64);
}

/** Outputs: the model's outputs [T, o], then the gradients of ½ Σ output². */
function programOf(model: BoundModel, specifications: readonly ParameterSpecification[]): Program {
  const builder = new ProgramBuilder();
  const inputs = specifications.map(({ name, rows, columns }) => builder.input(name, rows, columns));
  const table = builder.table(tokenCount, inputDimension, numbers(tokenCount * inputDimension, 99));
  const output = model.apply({
    builder,
    parameter: (name) => inputs[specifications.findIndex((one) => one.name === name)]!,
    tokens: builder.expand(table, tokenCount, inputDimension),
    positions: 'all',
    outputDimension,
  });
  const loss = builder.multiply(builder.sum(builder.sum(builder.square(output), 'columns'), 'rows'), 0.5);
  const gradients = builder.gradients(loss, inputs);
  builder.output('outputs', builder.batchSum(output, true));
  gradients.forEach((gradient, index) => builder.output(specifications[index]!.name, gradient));
  return builder.build();
}

function run(backend: Backend, program: Program, parameters: Float32Array): Float32Array {
  const executable = backend.compile(program);
  const sums = new Float32Array(executable.outputLength);
  executable.load(parameters);
  executable.run({ key: [0, 0], firstSequence: 0, sequenceCount }, sums);
  return sums;
}

/** ‖found − wanted‖ / ‖wanted‖. */
function distance(found: ArrayLike<number>, wanted: readonly number[]): number {
  const norm = (x: readonly number[]): number => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));
  return norm(wanted.map((x, index) => found[index]! / sequenceCount - x)) / norm(wanted);
}

describe('every model', () => {
  it('is in the golden file', () => {
    expect([...new Set(cases.map(({ name }) => name))].toSorted()).toEqual([...modelNames].toSorted());
  });

  it.each(cases.map((one) => [`${one.name} ${JSON.stringify(one.options)}`, one] as const))(
    'has the outputs and gradients of PyTorch, and the same bits in WASM: %s',
    (_, { name, options, outputs, gradients }) => {
      const model = bindModel(modelSchema.parse({ ...options, name }));
      const specifications = model.parameters({ inputDimension, outputDimension });
      const drawn = Object.keys(gradients);
      expect(specifications.map((one) => one.name).toSorted()).toEqual(drawn.toSorted());
      const values = specifications.map(({ name: key, rows, columns }) => {
        return [key, numbers(rows * columns, drawn.indexOf(key) + 1)] as const;
      });
      const program = programOf(model, specifications);
      const parameters = flatten(specifications, new Map(values));
      const found = run(interpreter, program, parameters);
      expect(run(wasmBackend, program, parameters)).toEqual(found);

      const outputLength = tokenCount * outputDimension;
      expect(distance(found.subarray(0, outputLength), outputs.flat()), 'outputs').toBeLessThan(3e-6);
      expect(found).toHaveLength(outputLength + flatLength(specifications));
      for (const [key, gradient] of namedViews(specifications, found.subarray(outputLength))) {
        expect(distance(gradient, gradients[key]!.flat()), key).toBeLessThan(1e-5);
      }
    },
  );
});
