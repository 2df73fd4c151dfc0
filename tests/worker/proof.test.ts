import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defaultLimits, interpreter, validateProgram, type Backend, type OperationName } from '../../tensor/index.js';
import { conformanceCases, runFixed } from '../../worker/conformance.js';
import { expectedProof, isFiniteBits, prove } from '../../worker/index.js';
import { proofProgram } from '../../worker/proof-program.js';
import { withAlteredOutputs } from '../altered-executable.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every operation; the compiler keeps the list complete. */
const operations: Readonly<Record<OperationName, true>> = {
  input: true,
  constant: true,
  table: true,
  iota: true,
  uniform: true,
  negate: true,
  absolute: true,
  sqrt: true,
  exp: true,
  log: true,
  tanh: true,
  sigmoid: true,
  sin: true,
  cos: true,
  flush: true,
  add: true,
  subtract: true,
  multiply: true,
  divide: true,
  minimum: true,
  maximum: true,
  less: true,
  lessOrEqual: true,
  equal: true,
  select: true,
  expand: true,
  matmul: true,
  product: true,
  sum: true,
  max: true,
  total: true,
  slice: true,
  pad: true,
  concatenate: true,
  reshape: true,
  transpose: true,
  shift: true,
  scan: true,
  delay: true,
  weightGradient: true,
  batchSum: true,
};

describe('prove()', () => {
  it('gives the digests in the repository on the interpreter', () => {
    expect(prove(interpreter, sha256)).toEqual(expectedProof);
  });

  it('gives another conformance digest when one operation rounds otherwise', () => {
    const inexact: Backend = {
      name: 'inexact',
      compile: (program) => {
        const executable = interpreter.compile(program);
        const usesTanh = program.operations.some((operation) => operation.op === 'tanh');
        return withAlteredOutputs(executable, (outputs) => {
          if (usesTanh) outputs[0] = (outputs[0] ?? 0) * (1 + 2 ** -23);
        });
      },
    };
    expect(prove(inexact, sha256).conformance).not.toBe(expectedProof.conformance);
  });
});

describe('conformanceCases()', () => {
  it('covers every operation', () => {
    const covered = new Set(conformanceCases().flatMap(({ program }) => program.operations.map((operation) => operation.op)));
    expect(Object.keys(operations).filter((name) => !covered.has(name as OperationName))).toEqual([]);
  });

  it.each(conformanceCases().map(({ name, program }) => [name, program] as const))(
    '%s is valid and gives neither infinities, NaN nor subnormal numbers',
    (_name, program) => {
      expect(() => validateProgram(program, defaultLimits)).not.toThrow();
      const outputs = runFixed(interpreter, program, 8);
      expect(isFiniteBits(outputs)).toBe(true);
      expect([...outputs].filter((value) => value !== 0 && Math.abs(value) < 2 ** -126)).toEqual([]);
      expect(outputs.some((value) => value !== 0)).toBe(true);
    },
  );
});

describe('proofProgram()', () => {
  it('has a finite gradient that is nowhere zero as a whole', () => {
    const outputs = runFixed(interpreter, proofProgram(), 16);
    expect(isFiniteBits(outputs)).toBe(true);
    expect([...outputs].filter((value) => value === 0).length).toBeLessThan(outputs.length / 4);
  });
});
