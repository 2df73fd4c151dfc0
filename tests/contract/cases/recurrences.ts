// States carried over time.

import type { ProgramBuilder, Value } from '../../../tensor/index.js';
import { denseRecurrence, lstm, lstmShapes } from '../../tensor/cells.js';
import { caseOf, drawn, ordinary, type ConformanceCase } from './case.js';

function scanCases(): readonly ConformanceCase[] {
  const decays: readonly (readonly [string, (b: ProgramBuilder) => Value])[] = [
    ['a decay of its own for each unit', (b) => b.table(1, 3, [0.9, -0.5, 1])],
    ['one decay', (b) => b.constant(0.75)],
    ['a decay for each time step', (b) => b.sigmoid(drawn(b, 6, 1))],
    ['a decay for each time step and unit', (b) => b.multiply(drawn(b, 6, 3), 2)],
    ['a decay for each unit that is drawn', (b) => drawn(b, 1, 3)],
    ['a table of decays', (b) => b.table(6, 3, ordinary(18, 9))],
  ];
  return decays.map(([name, decay], index) =>
    caseOf('scan', {
      name,
      sequenceCount: index === 3 ? 16 : 8,
      build: (b) => {
        const [x, d] = [drawn(b, 6, 3), decay(b)];
        return [b.scan(d, x), b.scan(d, x, true)];
      },
    }),
  );
}

function delayCases(): readonly ConformanceCase[] {
  const lstmParameters = Object.values(lstmShapes(3, 4));
  return [
    ...[false, true].map((reverse) =>
      caseOf('delay', {
        name: reverse ? 'dense recurrence in reverse' : 'dense recurrence',
        shapes: [[3, 3]],
        inputs: [ordinary(9, 11)],
        build: (b, r) => [denseRecurrence(b, drawn(b, 5, 3), r, reverse)],
      }),
    ),
    caseOf('delay', {
      name: 'LSTM cell',
      sequenceCount: 16,
      shapes: lstmParameters,
      inputs: lstmParameters.map(([rows, columns], index) => ordinary(rows * columns, 12 + index)),
      build: (b, ...parameters) => [lstm(b, drawn(b, 6, 3), parameters)],
    }),
    caseOf('delay', {
      name: 'a state that decays below the threshold',
      build: (b) => {
        const x = b.pad(drawn(b, 1, 2), { row: 0, column: 0, rows: 12, columns: 2 });
        return [
          b.region(({ prev, set }) => {
            const h = prev(12, 2);
            const next = b.add(b.multiply(h, 2 ** -7), x);
            set(h, next);
            return b.multiply(h, 2 ** 40);
          }),
        ];
      },
    }),
  ];
}

/** All cases of scans and regions. */
export const recurrenceCases = (): readonly ConformanceCase[] => [...scanCases(), ...delayCases()];
