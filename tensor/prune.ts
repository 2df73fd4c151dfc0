// Removes what no output needs, and numbers the rest anew.

import type { Operation, Program } from './program.js';

/** The same program without operations and regions that no output depends on. Inputs stay: they are the flat vector's layout. */
export function pruneProgram(program: Program): Program {
  const needed = new Set<number>();
  const visit = program.outputs.map((output) => output.value);
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    const operation = program.operations[id];
    if (operation === undefined || needed.has(id)) continue;
    needed.add(id);
    if ('of' in operation) visit.push(...operation.of);
  }
  const numbers = new Map<number, number>();
  const kept = program.operations.flatMap((operation, id) => {
    if (!needed.has(id)) return [];
    numbers.set(id, numbers.size);
    return [operation];
  });
  const renumber = (id: number): number => numbers.get(id) ?? -1;
  const regions = [...new Set(kept.flatMap(({ region }) => (region === undefined ? [] : [region])))];
  return {
    ...program,
    outputs: program.outputs.map((output) => ({ ...output, value: renumber(output.value) })),
    regions: regions.map((region) => program.regions[region] ?? { reverse: false }),
    operations: kept.map((operation) => renumbered(operation, renumber, regions)),
  };
}

function renumbered(operation: Operation, renumber: (id: number) => number, regions: readonly number[]): Operation {
  const placed = operation.region === undefined ? operation : { ...operation, region: regions.indexOf(operation.region) };
  // The operands keep their number, so the tuple's type is kept too.
  return 'of' in placed ? ({ ...placed, of: placed.of.map(renumber) } as unknown as Operation) : placed;
}
