// Which operations share a kernel, and in which order the kernels run. An element-wise operation joins the kernel of its latest
// operand where shape, region and direction of time agree; an element-wise kernel whose results go to one such kernel alone becomes part
// of it; matmuls of one operand share a tile. Nothing here changes a bit.

import { type AccessMap, isView } from './access.js';
import { directionOf, domainOf, type Graph, isPointwise, isSumOverSequences, type Value, valueAt } from './graph.js';
import type { Fusion } from './options.js';

/** What one function of the module computes. */
export interface Kernel {
  readonly type: 'pointwise' | 'matmul' | 'single' | 'laneSums';
  /** Position in the order of execution: prologue, body, epilogue. */
  readonly index: number;
  readonly stage: 'prologue' | 'body' | 'epilogue';
  readonly region: number | undefined;
  readonly rows: number;
  readonly columns: number;
  readonly direction: -1 | 0 | 1;
  /** Matmuls of one operand (type matmul), or the one operation (type single). */
  readonly heads: readonly number[];
  /** Element-wise operations, in the program's order. */
  readonly operations: readonly number[];
  /** Runs once for several groups of sequences. */
  readonly deferred: boolean;
}

/** Kernels in order of execution and the kernel of every value that one computes. */
export interface Schedule {
  readonly kernels: readonly Kernel[];
  readonly kernelOf: ReadonlyMap<number, Kernel>;
}

/** Rows of weights that a matmul's tile has registers for. */
const tileRows = 4;

interface Draft {
  readonly type: Kernel['type'];
  readonly stage: Kernel['stage'];
  readonly region: number | undefined;
  readonly rows: number;
  readonly columns: number;
  readonly heads: number[];
  readonly operations: number[];
  readonly deferred: boolean;
  readonly serial: number;
  direction: -1 | 0 | 1;
}

interface Choices {
  readonly fusion: Fusion;
  readonly deferred: ReadonlySet<number>;
}

class Scheduler {
  readonly #graph: Graph;
  readonly #map: AccessMap;
  readonly #choices: Choices;
  readonly #drafts: Draft[] = [];
  readonly #draftOf = new Map<number, Draft>();

  constructor(graph: Graph, map: AccessMap, choices: Choices) {
    this.#graph = graph;
    this.#map = map;
    this.#choices = choices;
  }

  run(): Schedule {
    for (const value of this.#graph.order) {
      const { op } = value.operation;
      if (op === 'input' || op === 'constant' || op === 'table' || op === 'iota') continue;
      if (isView(value) && !this.#map.copies.has(value.index)) continue;
      if (op === 'matmul') this.#matmul(value);
      else if (isPointwise(value.operation)) this.#pointwise(value);
      else this.#single(value);
    }
    if (this.#choices.fusion.elementwise) for (const draft of this.#drafts.toReversed()) this.#sink(draft);
    return this.#order();
  }

  #open(value: Value, type: Kernel['type']): Draft {
    const deferred = this.#choices.deferred.has(value.index);
    const stage = isSumOverSequences(value) ? 'body' : value.stage;
    const { rows, columns } = domainOf(this.#graph, value);
    const serial = this.#drafts.length;
    const draft: Draft = {
      type,
      stage,
      region: value.region,
      rows,
      columns,
      heads: [],
      operations: [],
      deferred,
      serial,
      direction: 0,
    };
    this.#drafts.push(draft);
    this.#draftOf.set(value.index, draft);
    return draft;
  }

  #single(value: Value): void {
    const draft = this.#open(value, 'single');
    draft.heads.push(value.index);
    draft.direction = directionOf(this.#graph, value);
  }

  #matmul(value: Value): void {
    const sibling = this.#choices.fusion.siblings ? this.#sibling(value) : undefined;
    const draft = sibling ?? this.#open(value, 'matmul');
    draft.heads.push(value.index);
    this.#draftOf.set(value.index, draft);
  }

  /** A kernel that multiplies the same operand by other weights of the same shape. */
  #sibling(value: Value): Draft | undefined {
    const { operation } = value;
    if (operation.op !== 'matmul') return undefined;
    return this.#drafts.find((draft) => {
      if (draft.type !== 'matmul' || draft.heads.length >= tileRows || draft.region !== value.region) return false;
      const head = valueAt(this.#graph, draft.heads[0]!);
      const same = head.operation.op === 'matmul' && head.operation.transposed === operation.transposed;
      return same && head.operands[0] === value.operands[0] && head.columns === value.columns;
    });
  }

  #pointwise(value: Value): void {
    const draft = this.#joinable(value) ?? this.#open(value, 'pointwise');
    draft.operations.push(value.index);
    draft.direction ||= directionOf(this.#graph, value);
    this.#draftOf.set(value.index, draft);
  }

  #joinable(value: Value): Draft | undefined {
    let latest: Draft | undefined;
    for (const operand of value.operands) {
      const draft = this.#producer(operand);
      if (draft !== undefined && draft.serial > (latest?.serial ?? -1)) latest = draft;
    }
    if (latest === undefined || latest.region !== value.region) return undefined;
    const { elementwise, epilogue } = this.#choices.fusion;
    const allowed = latest.type === 'pointwise' ? elementwise : latest.type === 'matmul' && epilogue;
    const domain = domainOf(this.#graph, value);
    if (!allowed || domain.rows !== latest.rows || domain.columns !== latest.columns) return undefined;
    const direction = directionOf(this.#graph, value);
    if (direction !== 0 && latest.direction !== 0 && direction !== latest.direction) return undefined;
    if (latest.stage !== (value.operation.op === 'batchSum' ? 'body' : value.stage)) return undefined;
    return value.operands.every((operand) => this.#isAtHand(operand, latest)) ? latest : undefined;
  }

  /** Lets the operations of an element-wise kernel run in the only kernel that reads their results, if that is one, too. */
  #sink(draft: Draft): void {
    const users = draft.operations.flatMap((index) => valueAt(this.#graph, index).users);
    const [reader, ...others] = new Set(users.map((user) => this.#draftOf.get(user)).filter((one) => one !== draft));
    if (draft.type !== 'pointwise' || reader?.type !== 'pointwise' || others.length > 0) return;
    const isAlike = (['stage', 'region', 'rows', 'columns', 'deferred'] as const).every((key) => draft[key] === reader[key]);
    if (!isAlike || (draft.direction !== 0 && reader.direction !== 0 && draft.direction !== reader.direction)) return;
    if (draft.operations.some((index) => !this.#isElement(index, draft))) return;
    reader.operations.push(...draft.operations);
    reader.operations.sort((a, b) => a - b);
    reader.direction ||= draft.direction;
    for (const index of draft.operations) this.#draftOf.set(index, reader);
    this.#drafts.splice(this.#drafts.indexOf(draft), 1);
  }

  /** Whether a kernel that already has its place can read this operand: element by element, or because it is complete by then. */
  #isAtHand(operand: number, draft: Draft): boolean {
    if (this.#producer(operand) !== draft) return true;
    return this.#draftOf.get(operand) === draft && this.#isElement(operand, draft);
  }

  /** Whether a kernel computes one element of the value with every element of its own. */
  #isElement(index: number, { rows, columns }: Draft): boolean {
    const value = valueAt(this.#graph, index);
    return value.rows === rows && value.columns === columns;
  }

  /** The kernel that must have run before the operand can be read; a delay reads what an earlier time step left. */
  #producer(operand: number): Draft | undefined {
    const value = valueAt(this.#graph, operand);
    if (value.operation.op === 'delay') return undefined;
    const own = this.#draftOf.get(operand);
    if (own !== undefined || !isView(value)) return own;
    return this.#producer(value.operands[0]!);
  }

  #order(): Schedule {
    const inStage = (stage: Kernel['stage'], deferred = false): Draft[] =>
      this.#drafts.filter((draft) => draft.stage === stage && draft.deferred === deferred);
    const laneSums = { type: 'laneSums', stage: 'epilogue', region: undefined, rows: 1, columns: 1, direction: 0 } as const;
    const sums: Draft = { ...laneSums, heads: [], operations: [], deferred: false, serial: -1 };
    const ordered = [...inStage('prologue'), ...inStage('body'), ...inStage('body', true), sums, ...inStage('epilogue')];
    const kernels = ordered.map((draft, index): Kernel => ({ ...draft, index }));
    const kernelOf = new Map<number, Kernel>();
    for (const [value, draft] of this.#draftOf) kernelOf.set(value, kernels[ordered.indexOf(draft)]!);
    return { kernels, kernelOf };
  }
}

/** Puts the operations into kernels. */
export function scheduleOf(graph: Graph, map: AccessMap, choices: Choices): Schedule {
  return new Scheduler(graph, map, choices).run();
}
