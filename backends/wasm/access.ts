// Where the elements of values are. A sequence-space value is a panel [rows][columns][8 lanes] per group of 8 sequences: 32 bytes
// per element, two vectors. Most views are nothing but another way to compute addresses in the panel of the value they look at.

import { type Graph, isPointwise, type Value, valueAt } from './graph.js';

/** Bytes of one element of a panel: 8 lanes of f32. */
export const elementBytes = 32;

/** Element (row, column) of a value lies at the root's address + offset + row · rowStride + column · columnStride. */
export interface Access {
  readonly root: number;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** A parameter-space value, one f32 per element, that every lane gets. */
  readonly splat: boolean;
  /** Rows outside [first, first + count) are +0 and not in memory. */
  readonly window?: { readonly first: number; readonly count: number };
}

/** Rows of zeros before and after a panel, for views that look beyond its ends. */
export interface Guard {
  readonly before: number;
  readonly after: number;
}

/** Copies source elements to the destination over a domain. */
export interface CopyPart {
  readonly source: Access;
  readonly destination: Access;
  readonly rows: number;
  readonly columns: number;
}

/** How all values are reached. */
export interface AccessMap {
  readonly accesses: ReadonlyMap<number, Access>;
  /** Sequence-space values with a panel of their own. */
  readonly panels: ReadonlyMap<number, Panel>;
  /** Views that have to be copied. */
  readonly copies: ReadonlyMap<number, readonly CopyPart[]>;
}

/** The memory a panel needs. */
export interface Panel {
  readonly rowStride: number;
  readonly rows: number;
  readonly guard: Guard;
}

const viewNames: ReadonlySet<string> = new Set([
  'slice',
  'pad',
  'concatenate',
  'reshape',
  'transpose',
  'shift',
  'delay',
  'expand',
]);
/** Whether an operation only shows elements of its operands at other places. */
export const isView = (value: Value): boolean => viewNames.has(value.operation.op);

/** Longest shift that is worth rows of zeros around a panel. */
const longestGuard = 4;

class AccessBuilder {
  readonly graph: Graph;
  readonly foldWindows: boolean;
  readonly materialized: ReadonlySet<number>;
  readonly accesses = new Map<number, Access>();
  readonly panels = new Map<number, Panel>();
  readonly copies = new Map<number, readonly CopyPart[]>();

  constructor(graph: Graph, foldWindows: boolean, materialized: ReadonlySet<number>) {
    this.graph = graph;
    this.foldWindows = foldWindows;
    this.materialized = materialized;
  }

  build(): AccessMap {
    for (const value of this.graph.order) {
      if (value.space === 'parameter') this.accesses.set(value.index, parameterAccess(value));
      else if (!isView(value)) this.#own(value);
      else if (value.operation.op !== 'delay') this.#view(value);
      // A delay looks at a value that may come later, whose panel depends on its shape alone.
      else this.#delay(value);
    }
    return this;
  }

  #panel(value: Value): Panel {
    const known = this.panels.get(value.index);
    if (known !== undefined) return known;
    const guard = this.#guardOf(value);
    const users = value.users.map((user) => valueAt(this.graph, user).operation.op);
    const linear = value.operation.op === 'uniform' || users.includes('reshape');
    const oneRow = value.region !== undefined && !this.#escapes(value);
    const panel = oneRow ? { rowStride: 0, rows: 1, guard } : { rowStride: rowBytes(value, linear), rows: value.rows, guard };
    this.panels.set(value.index, panel);
    return panel;
  }

  #own(value: Value): Access {
    const { rowStride } = this.#panel(value);
    return this.#set(value, { root: value.index, offset: 0, rowStride, columnStride: elementBytes, splat: false });
  }

  /** A value with one row or column is the same wherever one looks: its strides are 0. */
  #set(value: Value, access: Access): Access {
    const single = {
      rowStride: value.rows === 1 ? 0 : access.rowStride,
      columnStride: value.columns === 1 ? 0 : access.columnStride,
    };
    const result = { ...access, ...single };
    this.accesses.set(value.index, result);
    return result;
  }

  /** Whether a value of a region is read at other times than its own. */
  #escapes(value: Value): boolean {
    return value.users.some((index) => {
      const user = valueAt(this.graph, index);
      return user.region !== value.region || user.operation.op === 'delay' || (isView(user) && this.#escapes(user));
    });
  }

  #guardOf(value: Value): Guard {
    const { operation: own } = value;
    let before = own.op === 'scan' && !own.reverse ? 1 : 0;
    let after = own.op === 'scan' && own.reverse ? 1 : 0;
    for (const index of value.users) {
      const { operation } = valueAt(this.graph, index);
      if (operation.op === 'delay') {
        if (this.graph.program.regions[operation.region ?? -1]?.reverse === true) after = Math.max(after, 1);
        else before = Math.max(before, 1);
      } else if (operation.op === 'shift' && Math.abs(operation.by) <= longestGuard) {
        before = Math.max(before, operation.by);
        after = Math.max(after, -operation.by);
      }
    }
    return { before, after };
  }

  #delay(value: Value): void {
    const source = valueAt(this.graph, value.operands[0]!);
    const { rowStride } = this.#panel(source);
    const reverse = this.graph.program.regions[value.region ?? -1]?.reverse === true;
    const offset = reverse ? rowStride : -rowStride;
    // A region of one step has a row of zeros beside it, too.
    this.accesses.set(value.index, {
      root: source.index,
      offset,
      rowStride,
      columnStride: value.columns === 1 ? 0 : elementBytes,
      splat: false,
    });
  }

  #view(value: Value): void {
    const source = this.accesses.get(value.operands[0]!)!;
    const onlyPointwise = value.users.every((user) => isPointwise(valueAt(this.graph, user).operation));
    const view = this.materialized.has(value.index) ? undefined : this.#viewOf(value, source, onlyPointwise);
    if (view !== undefined) this.#set(value, view);
    else this.copies.set(value.index, this.#copyOf(value, this.#own(value)));
  }

  /** The view as addresses in its operand's memory, where that is possible. */
  #viewOf(value: Value, source: Access, onlyPointwise: boolean): Access | undefined {
    const { operation } = value;
    const of = valueAt(this.graph, value.operands[0]!);
    switch (operation.op) {
      case 'expand':
        return onlyPointwise ? source : undefined;
      case 'slice':
        return { ...source, offset: source.offset + operation.row * source.rowStride + operation.column * source.columnStride };
      case 'transpose':
        return { ...source, rowStride: source.columnStride, columnStride: source.rowStride };
      case 'reshape': {
        const linear = linearStride(of, source);
        return linear === undefined ? undefined : { ...source, rowStride: value.columns * linear, columnStride: linear };
      }
      case 'shift': {
        const guarded = source.root === of.index && Math.abs(operation.by) <= longestGuard && of.rows > 1;
        return guarded ? { ...source, offset: source.offset - operation.by * source.rowStride } : undefined;
      }
      case 'pad': {
        if (of.rows === value.rows && of.columns === value.columns) return source;
        const whole = operation.column === 0 && operation.columns === of.columns && operation.region === undefined;
        if (!whole || !onlyPointwise || !this.foldWindows) return undefined;
        return {
          ...source,
          offset: source.offset - operation.row * source.rowStride,
          window: { first: operation.row, count: of.rows },
        };
      }
      default:
        return undefined;
    }
  }

  /** The copies that fill a panel of the view's own. */
  #copyOf(value: Value, own: Access): CopyPart[] {
    const { operation } = value;
    const source = this.accesses.get(value.operands[0]!)!;
    const of = valueAt(this.graph, value.operands[0]!);
    const panel = { ...own, rowStride: this.panels.get(value.index)!.rowStride, columnStride: elementBytes };
    const at = (access: Access, row: number, column: number): Access => ({
      ...access,
      offset: access.offset + row * access.rowStride + column * access.columnStride,
    });
    switch (operation.op) {
      case 'pad':
        return [{ source, destination: at(panel, operation.row, operation.column), rows: of.rows, columns: of.columns }];
      case 'shift': {
        const rows = value.rows - Math.min(value.rows, Math.abs(operation.by));
        if (rows === 0) return [];
        const destination = at(panel, Math.max(0, operation.by), 0);
        return [{ source: at(source, Math.max(0, -operation.by), 0), destination, rows, columns: value.columns }];
      }
      case 'concatenate': {
        let position = 0;
        return operation.of.map((index) => {
          const part = valueAt(this.graph, index);
          const destination = operation.axis === 'rows' ? at(panel, position, 0) : at(panel, 0, position);
          position += operation.axis === 'rows' ? part.rows : part.columns;
          return { source: this.accesses.get(index)!, destination, rows: part.rows, columns: part.columns };
        });
      }
      case 'reshape':
        return [{ source, destination: { ...panel, rowStride: of.columns * elementBytes }, rows: of.rows, columns: of.columns }];
      case 'transpose':
        return [
          {
            source,
            destination: { ...panel, rowStride: elementBytes, columnStride: panel.rowStride },
            rows: of.rows,
            columns: of.columns,
          },
        ];
      case 'slice':
        return [
          { source: at(source, operation.row, operation.column), destination: panel, rows: value.rows, columns: value.columns },
        ];
      default:
        return [{ source, destination: panel, rows: value.rows, columns: value.columns }];
    }
  }
}

/** Row strides that are multiples of 2 KiB make rows compete for the same few places in the cache. */
function rowBytes({ rows, columns }: Value, linear: boolean): number {
  const bytes = columns * elementBytes;
  return !linear && rows > 1 && bytes % 2048 === 0 ? bytes + 64 : bytes;
}

/** The distance between elements row by row, if it is the same everywhere. */
function linearStride(of: Value, { rowStride, columnStride }: Access): number | undefined {
  if (of.rows === 1) return of.columns === 1 ? elementBytes : columnStride;
  if (of.columns === 1) return rowStride;
  return rowStride === of.columns * columnStride ? columnStride : undefined;
}

/** A parameter-space value as an operand of sequences. */
function parameterAccess({ index, rows, columns }: Value): Access {
  return { root: index, offset: 0, rowStride: rows === 1 ? 0 : columns * 4, columnStride: columns === 1 ? 0 : 4, splat: true };
}

/** Decides for every value whether it is a place in another value's memory or has its own, and how it is reached. */
export function accessMapOf(graph: Graph, foldWindows: boolean, copied: ReadonlySet<number>): AccessMap {
  const materialized = new Set(copied);
  for (const { operation } of graph.order) {
    if (operation.op === 'delay' && isView(valueAt(graph, operation.of[0]))) materialized.add(operation.of[0]);
  }
  return new AccessBuilder(graph, foldWindows, materialized).build();
}
