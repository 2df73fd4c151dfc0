// The canonical form of a network beside the exact construction, block by block, on one color scale.

import * as Plot from '@observablehq/plot';
import type { CanonicalForm, CanonicalNeurons } from '../canonical-form.js';
import type { NeuronKind } from '../scores.js';
import { shortNumber } from './curves.js';
import { draw, type Figure } from './figure.js';

interface Cell {
  readonly panel: string;
  readonly row: string;
  readonly column: string;
  readonly output: string;
  /** In units of the largest entry of the construction. */
  readonly value: number;
}

const panels = { ordered: 'network: neurons as they are', mixed: 'network: neurons mixed', reference: 'construction' } as const;
type Panel = keyof typeof panels;
const panelKeys: readonly Panel[] = ['ordered', 'mixed', 'reference'];
const letters: Readonly<Record<NeuronKind, string>> = { remembers: 'r', forgets: 'f', between: 'b' };

const color = { type: 'diverging', scheme: 'RdBu', domain: [-1, 1], clamp: true } as const;
const axis = { label: null, tickSize: 0 } as const;

/** r1, r2, …, f1, …: the names of places by their kinds. */
function placeNames(kinds: readonly NeuronKind[]): readonly string[] {
  const counts = { remembers: 0, forgets: 0, between: 0 };
  return kinds.map((kind) => `${letters[kind]}${(counts[kind] += 1)}`);
}

/** x1², x1·y2, x1, 1: the products of inputs, row by row. */
function productNames(inputNames: readonly string[]): readonly string[] {
  return inputNames.flatMap((a, i) =>
    inputNames.slice(i).map((b) => {
      if (b === '1') return a;
      return a === b ? `${a}²` : `${a}·${b}`;
    }),
  );
}

const largestOf = (entries: readonly number[]): number => Math.max(...entries.map(Math.abs), Number.MIN_VALUE);

/** What the neurons write. `inputNames` ends with '1', the constant. */
export function canonicalFormsFigure(form: CanonicalForm, inputNames: readonly string[]): Figure {
  const names = placeNames(form.kinds);
  const products = productNames(inputNames);
  const largest = largestOf(form.reference.forms.flat());
  const cells = panelKeys.flatMap((panel) =>
    form[panel].forms.flatMap((row, n) =>
      row.map((entry, k): Cell => {
        return { panel: panels[panel], row: names[n]!, column: products[k]!, output: '', value: entry / largest };
      }),
    ),
  );
  const decays = panelKeys.flatMap((panel) =>
    form[panel].decays.flatMap((decay, n) => {
      return decay === null ? [] : [{ panel: panels[panel], row: names[n]!, text: `λ ${decay.toFixed(3)}` }];
    }),
  );
  const svg = draw({
    height: 70 + panelKeys.length * (24 + 13 * names.length),
    marginLeft: 34,
    marginRight: 56,
    marginTop: 24,
    marginBottom: 50,
    x: { ...axis, domain: products, tickRotate: -90, axis: products.length > 60 ? null : 'bottom' },
    y: { ...axis, domain: names },
    fy: { axis: null, domain: panelKeys.map((panel) => panels[panel]), padding: 0.12 },
    color,
    marks: [
      Plot.cell(cells, { x: 'column', y: 'row', fy: 'panel', fill: 'value', stroke: '#eee', inset: 0 }),
      Plot.text(decays, { y: 'row', fy: 'panel', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 6, fontSize: 10 }),
      Plot.text(
        panelKeys.map((panel) => panels[panel]),
        { text: (panel: string) => panel, fy: (panel: string) => panel, frameAnchor: 'top-left', dy: -13, fontWeight: 600 },
      ),
    ],
  });
  const caption = `A row is a neuron, r if it remembers (λ near 1), f if it forgets (λ near 0), b if it is between; a column is a product of two inputs; a cell is its coefficient in what the neuron writes, relative to the largest of the construction: red −1 or less, blue 1 or more. First the neurons that pruning keeps as they are, each in the place of the construction's neuron that it is most like and at its scale; then the nearest that mixtures of neurons of one kind come to the construction's (relative distance ${shortNumber(form.parts.remembers)} for r, ${shortNumber(form.parts.forgets)} for f). Where neurons of a kind have one decay, such a change of basis leaves what the network computes as it is. Empty rows are neurons that are not there.`;
  return { title: 'Canonical form: what the neurons write', caption, svg };
}

/** What the outputs read. */
export function canonicalOutputsFigure(form: CanonicalForm): Figure {
  const names = placeNames(form.kinds);
  const largest = largestOf(form.reference.outputs.flatMap((output) => coefficients(output).flat()));
  const cellsOf = (panel: Panel, { outputs }: CanonicalNeurons): readonly Cell[] =>
    outputs.flatMap((output, o) =>
      coefficients(output).flatMap((row, n) =>
        row.flatMap((entry, k): readonly Cell[] => {
          if (k > n) return [];
          return [{ panel: panels[panel], row: names[n]!, column: names[k]!, output: `output ${o + 1}`, value: entry / largest }];
        }),
      ),
    );
  const outputCount = form.reference.outputs.length;
  const svg = draw({
    height: 60 + outputCount * Math.max(96, 10 + 13 * names.length),
    marginLeft: 34,
    marginRight: 10,
    marginTop: 44,
    marginBottom: 34,
    // Labels of more columns would overlap.
    x: { ...axis, domain: names, tickRotate: -90, axis: names.length > 15 ? null : 'bottom' },
    y: { ...axis, domain: names },
    fx: { label: null, domain: panelKeys.map((panel) => panels[panel]), padding: 0.08 },
    fy: { axis: null, padding: 0.12 },
    color,
    marks: [
      Plot.cell(
        panelKeys.flatMap((panel) => cellsOf(panel, form[panel])),
        { x: 'column', y: 'row', fx: 'panel', fy: 'output', fill: 'value', stroke: '#eee' },
      ),
      Plot.text(
        panelKeys.flatMap((panel) => form.reference.outputs.map((_, o) => ({ panel: panels[panel], output: `output ${o + 1}` }))),
        { text: 'output', fx: 'panel', fy: 'output', frameAnchor: 'top-right', dx: -4, dy: 6 },
      ),
    ],
  });
  const caption = `A cell is the coefficient of the product of two neurons in an output, relative to the largest of the construction, for the neurons of the figure above; columns are in the order of the rows. Relative distance of the mixed form from the construction: ${shortNumber(form.parts.outputs)}; of the functions, with everything that mixing leaves out: ${shortNumber(form.distance)}.`;
  return { title: 'Canonical form: what the outputs read', caption, svg };
}

/** The coefficient of h_n h_k in hᵀ Q h. */
function coefficients(output: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return output.map((row, n) => row.map((entry, k) => (n === k ? entry : 2 * entry)));
}
