// The conformance vectors: programs, inputs and the bits that every backend has to give, as they lie in tests/golden/numerics/.
//
// A file for each operation and for each whole program. To write them anew after the contract has changed (which makes every
// recorded trajectory worthless, so it needs a new profile or contract version): npx vitest run tests/contract/conformance.test.ts -u

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  bitsOf,
  canonicalText,
  defaultLimits,
  floatOf,
  interpreter,
  validateProgram,
  type Microbatch,
  type Program,
} from '../../tensor/index.js';
import { conformanceKey, firstSequence, type ConformanceCase } from './cases/case.js';
import { elementwiseCases } from './cases/elementwise.js';
import { recurrenceCases } from './cases/recurrences.js';
import { sourceAndViewCases } from './cases/sources.js';
import { sumCases } from './cases/sums.js';
import { wholeProgramCases } from './cases/whole-programs.js';

/** What a backend is run on, and the bits that it has to give. */
export interface ConformanceVector {
  /** An operation, or the name of a whole program. */
  readonly subject: string;
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly number[];
  readonly microbatch: Microbatch;
  /** The bits of the outputs, each a word of 32. */
  readonly outputs: readonly number[];
}

const vectorFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../golden/numerics');

/** The file of an operation's or a program's vectors. */
export const vectorFile = (subject: string): string =>
  path.join(vectorFolder, `${subject.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.json`);

/** All cases, from which the vectors are made. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...sourceAndViewCases(),
  ...elementwiseCases(),
  ...sumCases(),
  ...recurrenceCases(),
  ...wholeProgramCases(),
];

/** The microbatch of a case. */
export const microbatchOf = ({ sequenceCount }: ConformanceCase): Microbatch => ({
  key: conformanceKey,
  firstSequence,
  sequenceCount,
});

/** The text of a subject's file: one case in each line, bits as hexadecimal words. */
export function vectorText(cases: readonly ConformanceCase[]): string {
  const lines = cases.map((one) => {
    const microbatch = microbatchOf(one);
    const executable = interpreter.compile(one.program);
    const outputs = new Float32Array(executable.outputLength);
    executable.load(Float32Array.from(one.inputs));
    executable.run(microbatch, outputs);
    const { subject, name, inputs, program } = one;
    return canonicalText({ subject, name, program, inputs: hexadecimal(inputs), microbatch, outputs: hexadecimal([...outputs]) });
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}

/** The recorded vectors of all subjects. */
export function readConformanceVectors(): readonly ConformanceVector[] {
  const files = readdirSync(vectorFolder).filter((file) => file.endsWith('.json'));
  return files.toSorted().flatMap((file) => {
    const vectors = JSON.parse(readFileSync(path.join(vectorFolder, file), 'utf8')) as readonly RecordedVector[];
    return vectors.map(({ subject, name, program, inputs, microbatch, outputs }) => ({
      subject,
      name,
      program: validateProgram(program, defaultLimits),
      inputs: words(inputs).map(floatOf),
      microbatch,
      outputs: words(outputs),
    }));
  });
}

interface RecordedVector {
  readonly subject: string;
  readonly name: string;
  readonly program: unknown;
  readonly inputs: string;
  readonly microbatch: Microbatch;
  readonly outputs: string;
}

const hexadecimal = (values: readonly number[]): string => values.map((x) => bitsOf(x).toString(16).padStart(8, '0')).join(' ');

const words = (text: string): readonly number[] => (text === '' ? [] : text.split(' ').map((word) => Number.parseInt(word, 16)));
