// Which values lie in memory, and which are computed again wherever they are read. Nothing here changes a bit.
//
// Constants, indexes and delays are always read in place; views too, where fusion allows it. An element-wise operation is computed where it
// is read if exactly one operation reads each of its elements, once.

import type { Operation } from '../../tensor/index.js';
import { type Graph, type Value, valueAt } from '../graph.js';
import type { ShaderFusion } from './options.js';

const views: ReadonlySet<string> = new Set(['slice', 'pad', 'concatenate', 'reshape', 'transpose', 'shift', 'expand']);
const inPlace: ReadonlySet<string> = new Set(['constant', 'iota', 'delay']);
const elementwise: ReadonlySet<string> = new Set([
  ...['negate', 'absolute', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos', 'flush', 'select'],
  ...['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'less', 'lessOrEqual', 'equal'],
]);

/** Instructions of an element, roughly: what compiling it costs. */
const costs: Partial<Record<Operation['op'], number>> = {
  divide: 30,
  sqrt: 30,
  exp: 25,
  log: 30,
  tanh: 60,
  sigmoid: 60,
  sin: 40,
  cos: 40,
};
const costOf = ({ op }: Operation): number => costs[op] ?? 2;

/** Shaders much longer than this take long to compile, more than in proportion. */
const mostCost = 150;

/** The values that lie in memory. */
export function storedValues(graph: Graph, fusion: ShaderFusion): ReadonlySet<number> {
  const stored = new Set(graph.order.filter((value) => isAlwaysStored(graph, value, fusion)).map(({ index }) => index));
  for (const value of graph.order.toReversed()) {
    if (stored.has(value.index) || !elementwise.has(value.operation.op)) continue;
    if (!fusion.elementwise || !isReadOnce(graph, stored, value)) stored.add(value.index);
  }
  limitCosts(graph, stored);
  return stored;
}

function isAlwaysStored(graph: Graph, { operation, users }: Value, fusion: ShaderFusion): boolean {
  // A delay may lead back to itself, so what it reads has to lie in memory.
  if (users.some((user) => valueAt(graph, user).operation.op === 'delay')) return true;
  if (inPlace.has(operation.op) || elementwise.has(operation.op)) return false;
  return !(views.has(operation.op) && fusion.views);
}

/** Whether every element of the value is computed at most once where its only user reads it. */
function isReadOnce(graph: Graph, stored: ReadonlySet<number>, value: Value): boolean {
  const [index, ...others] = value.users;
  if (graph.outputs.has(value.index)) return value.users.length === 0;
  if (index === undefined || others.length > 0) return false;
  const user = valueAt(graph, index);
  if (user.stage !== value.stage || user.region !== value.region) return false;
  return readsOnce(value, user) && (stored.has(index) || isReadOnce(graph, stored, user));
}

/** Whether an operation reads every element of an operand at most once. */
function readsOnce(value: Value, { operation, rows, columns }: Value): boolean {
  const { op } = operation;
  if (elementwise.has(op) || op === 'expand') return value.rows === rows && value.columns === columns;
  if (op === 'scan') return value.rows === rows && value.columns === columns;
  return views.has(op) || op === 'sum' || op === 'max' || op === 'total';
}

/** Stores values whose code would become too long together with that of their operands. */
function limitCosts(graph: Graph, stored: Set<number>): void {
  const lengths = new Map<number, number>();
  for (const value of graph.order) {
    const operands = value.operands.filter((operand) => !stored.has(operand));
    const length = operands.reduce((sum, operand) => sum + (lengths.get(operand) ?? 1), costOf(value.operation));
    lengths.set(value.index, length);
    if (length > mostCost && !inPlace.has(value.operation.op)) stored.add(value.index);
  }
}

/** The stored values that are read where this value is computed. */
export function storedOperands(graph: Graph, stored: ReadonlySet<number>, index: number): ReadonlySet<number> {
  const found = new Set<number>();
  const waiting = [...valueAt(graph, index).operands];
  const seen = new Set<number>();
  for (let operand = waiting.pop(); operand !== undefined; operand = waiting.pop()) {
    if (seen.has(operand)) continue;
    seen.add(operand);
    if (stored.has(operand)) found.add(operand);
    else waiting.push(...valueAt(graph, operand).operands);
  }
  return found;
}
