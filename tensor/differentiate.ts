// Reverse-mode differentiation on programs: from the adjoint of the loss back to the parameters.
//
// The body is walked backwards once. A forward region becomes a reverse region: the adjoint of a delayed state is a delay in the
// other direction. Inside it runs only what feeds the recurrence; weight gradients and adjoints of outside values follow it, over all
// time steps at once. Adjoints of parameters are sums over the microbatch, so parameter-space operations come last.

import { adjointsOf } from './adjoints.js';
import type { ProgramBuilder } from './builder.js';
import type { Value } from './value.js';
import type { Operation } from './program.js';
import { ProgramError } from './program-error.js';

/** Gradients of Σ loss, summed over the microbatch, with respect to parameter-space values; zeros where the loss does not depend on one. */
export function differentiate(builder: ProgramBuilder, loss: Value, parameters: readonly Value[]): readonly Value[] {
  const operations = [...builder.operations];
  const active = activeValues(builder, operations, { loss, parameters });
  const tape = new Tape(builder, active);
  tape.add(loss.id, builder.constant(1));
  walkBody(builder, operations, tape);
  const leaves = new Set(parameters.map((parameter) => parameter.id));
  for (let id = operations.length - 1; id >= 0; id -= 1) {
    if (builder.values[id]?.space === 'parameter' && !leaves.has(id)) propagate(operations, id, tape);
  }
  return parameters.map((parameter) => {
    const adjoint = tape.adjointOf(parameter.id) ?? builder.constant(0);
    const covers = adjoint.rows === parameter.rows && adjoint.columns === parameter.columns;
    return covers ? adjoint : builder.add(adjoint, builder.constant(0, parameter.rows, parameter.columns));
  });
}

/** Adjoints collected so far; contributions to values outside an open region wait until it is closed. */
export class Tape {
  readonly builder: ProgramBuilder;
  /** The forward region being walked. */
  region: number | undefined;
  readonly #active: ReadonlySet<number>;
  readonly #adjoints = new Map<number, Value>();
  #later: (() => void)[] = [];

  constructor(builder: ProgramBuilder, active: ReadonlySet<number>) {
    this.builder = builder;
    this.#active = active;
  }

  isActive(id: number): boolean {
    return this.#active.has(id);
  }

  adjointOf(id: number): Value | undefined {
    return this.#adjoints.get(id);
  }

  add(id: number, adjoint: Value): void {
    const known = this.#adjoints.get(id);
    this.#adjoints.set(id, known === undefined ? adjoint : this.builder.add(known, adjoint));
  }

  /** Adds `make()` to the adjoint of an operand, inside the open region only where the operand belongs to it. */
  contribute(operand: number, make: () => Value): void {
    if (!this.isActive(operand)) return;
    const run = (): void => this.add(operand, make());
    if (this.region !== undefined && this.builder.values[operand]?.region !== this.region) this.#later.push(run);
    else run();
  }

  /** Runs what waited for the region's end, in the order it came. */
  settle(): void {
    const later = this.#later;
    this.#later = [];
    for (const run of later) run();
  }
}

function propagate(operations: readonly Operation[], id: number, tape: Tape): void {
  const operation = operations[id];
  const adjoint = tape.adjointOf(id);
  if (operation === undefined || adjoint === undefined || !tape.isActive(id)) return;
  adjointsOf(operation, { tape, id, adjoint });
}

function walkBody(builder: ProgramBuilder, operations: readonly Operation[], tape: Tape): void {
  let close: (() => void) | undefined;
  let delays = new Map<number, Value>();
  const leave = (): void => {
    close?.();
    close = undefined;
    tape.region = undefined;
    tape.settle();
  };
  for (let id = operations.length - 1; id >= 0; id -= 1) {
    const operation = operations[id];
    if (operation === undefined || builder.values[id]?.space !== 'sequence') continue;
    if (operation.region !== tape.region) {
      leave();
      if (operation.region !== undefined) {
        close = builder.openRegion(!(builder.regions[operation.region]?.reverse ?? false));
        tape.region = operation.region;
        delays = openDelays(operations, tape);
      }
    }
    const delayed = delays.get(id);
    const adjoint = tape.adjointOf(id);
    if (delayed !== undefined && adjoint !== undefined) builder.carry(delayed, inRegion(builder, adjoint, delayed));
    else propagate(operations, id, tape);
  }
  leave();
}

/** One delay in the reverse region for each active state, already added to the adjoint of the state's successor. */
function openDelays(operations: readonly Operation[], tape: Tape): Map<number, Value> {
  const delays = new Map<number, Value>();
  operations.forEach((operation, id) => {
    if (operation.op !== 'delay' || operation.region !== tape.region || !tape.isActive(id)) return;
    const delayed = tape.builder.delay(operation.rows, operation.columns);
    delays.set(id, delayed);
    tape.add(operation.of[0], delayed);
  });
  return delays;
}

/** What a delay carries belongs to its region and has its shape. */
function inRegion(builder: ProgramBuilder, adjoint: Value, delayed: Value): Value {
  const sameShape = adjoint.rows === delayed.rows && adjoint.columns === delayed.columns;
  const region = builder.values[adjoint.id]?.region;
  if (sameShape && region !== undefined && region === builder.values[delayed.id]?.region) return adjoint;
  return builder.add(adjoint, builder.multiply(delayed, 0));
}

interface Ends {
  readonly loss: Value;
  readonly parameters: readonly Value[];
}

/** Values that depend on a parameter and that the loss depends on. */
function activeValues(
  builder: ProgramBuilder,
  operations: readonly Operation[],
  { loss, parameters }: Ends,
): ReadonlySet<number> {
  const operandsOf = (id: number): readonly number[] => {
    const operation = operations[id];
    return operation === undefined || builder.isStopped(id) ? [] : differentiableOperands(operation);
  };
  const reaching = new Set<number>();
  const visit = [loss.id];
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    if (reaching.has(id)) continue;
    reaching.add(id);
    visit.push(...operandsOf(id));
  }
  const leaves = new Set(parameters.map((parameter) => parameter.id));
  const depending = new Set<number>();
  // A delay looks ahead inside its region: repeat until nothing is added.
  for (let size = -1; size !== depending.size;) {
    size = depending.size;
    operations.forEach((_, id) => {
      if (leaves.has(id) || operandsOf(id).some((operand) => depending.has(operand))) depending.add(id);
    });
  }
  const active = new Set([...reaching].filter((id) => depending.has(id)));
  for (const id of active) {
    const op = operations[id]?.op;
    if (op === 'batchSum' || op === 'weightGradient') {
      throw new ProgramError(
        'program-not-differentiable',
        `Cannot differentiate operation ${id} (${op}): a loss of single sequences wanted`,
      );
    }
  }
  return active;
}

/** The operands that a result depends on smoothly: a comparison has none, and a choice passes nothing to its condition. */
function differentiableOperands(operation: Operation): readonly number[] {
  switch (operation.op) {
    case 'less':
    case 'lessOrEqual':
    case 'equal':
      return [];
    case 'select':
      return operation.of.slice(1);
    default:
      return 'of' in operation ? operation.of : [];
  }
}
