// Neurons of a layer of Eq. 2: which matter and how long they remember, how few are enough, and what they compute.

import * as Plot from '@observablehq/plot';
import { inputForms, type GatedLayer } from '../gated-layer.js';
import { influenceThreshold } from '../influence.js';
import type { NetworkReading } from '../network-reading.js';
import { decayBounds, kindOf } from '../scores.js';
import { draw, inks, type Figure } from './figure.js';
import { fineNumber, shortNumber } from './curves.js';

/** λ of every neuron against its influence. */
export function decayFigure({ neurons }: NetworkReading): Figure {
  const least = 1e-6;
  const points = neurons.map(({ decay, influence }) => ({
    decay,
    influence: Math.max(influence, least),
    ink: inks[influence >= influenceThreshold ? kindOf(decay) : 'between'],
  }));
  const svg = draw({
    x: { label: 'λ', domain: [-0.02, 1.02], grid: true },
    y: {
      type: 'log',
      label: 'influence, relative to the largest',
      domain: [least, 1.5],
      grid: true,
      ticks: 6,
      tickFormat: shortNumber,
    },
    marks: [
      Plot.ruleY([influenceThreshold], { stroke: '#999', strokeDasharray: '2 3' }),
      Plot.dot(points, { x: 'decay', y: 'influence', fill: 'ink', fillOpacity: 0.75, r: 4 }),
    ],
  });
  const caption = `A dot is a neuron. Above the dotted line, at ${100 * influenceThreshold} % of the largest influence, blue ones remember (λ > ${decayBounds.remembers}) and orange ones forget (λ < ${decayBounds.forgets}). Influences below ${least} are drawn at the bottom.`;
  return { title: 'Decays of the neurons that matter', caption, svg };
}

/** Loss against the number of neurons left. */
export function pruningFigure({ pruned }: NetworkReading): Figure {
  const { stages, kept } = pruned;
  const svg = draw({
    height: 240,
    x: { label: 'neurons left', grid: true, reverse: true },
    y: { label: 'held-out loss', grid: true, tickFormat: fineNumber, nice: true, ticks: 5 },
    marks: [
      Plot.line(stages, { x: 'neuronCount', y: 'loss', stroke: inks.measured }),
      Plot.dot(stages.slice(-1), { x: 'neuronCount', y: 'loss', fill: inks.measured, r: 5 }),
      Plot.text(stages.slice(-1), {
        x: 'neuronCount',
        y: 'loss',
        text: () => `${kept.length} neurons`,
        dx: -12,
        textAnchor: 'end',
      }),
    ],
  });
  const caption =
    'Neurons are taken out, the least influential first, without training again; the next one would raise the loss too far.';
  return { title: 'Pruning', caption, svg };
}

interface Cell {
  readonly neuron: string;
  readonly row: string;
  readonly column: string;
  readonly value: number;
}

/** The forms G of some neurons, each as a block: which products of inputs a neuron writes. */
export function blockFigure(layer: GatedLayer, kept: readonly number[], inputNames: readonly string[]): Figure {
  const forms = inputForms(layer);
  const ordered = kept.toSorted((a, b) => {
    const [decayA, decayB] = [layer.decays[a]!, layer.decays[b]!];
    return kindOf(decayA) === kindOf(decayB) ? leadOf(forms[a]!) - leadOf(forms[b]!) : decayB - decayA;
  });
  const cells = ordered.flatMap((neuron, index): readonly Cell[] => {
    const form = forms[neuron]!;
    const largest = Math.max(...form.flat().map(Math.abs), Number.MIN_VALUE);
    const label = `${index + 1}: λ ${layer.decays[neuron]!.toFixed(3)}`;
    return form.flatMap((row, i) =>
      row.slice(0, i + 1).map((value, j) => {
        return { neuron: label, row: inputNames[i]!, column: inputNames[j]!, value: value / largest };
      }),
    );
  });
  const perRow = 6;
  const labels = [...new Set(cells.map(({ neuron }) => neuron))];
  const place = new Map(labels.map((label, index) => [label, index]));
  const svg = draw({
    height: 60 + 110 * Math.ceil(labels.length / perRow),
    marginTop: 30,
    x: { domain: inputNames, axis: null },
    y: { domain: inputNames, label: null, tickSize: 0 },
    fx: { axis: null, padding: 0.15 },
    fy: { axis: null, padding: 0.3 },
    color: { type: 'diverging', scheme: 'RdBu', domain: [-1, 1] },
    marks: [
      Plot.cell(cells, {
        x: 'column',
        y: 'row',
        fill: 'value',
        fx: ({ neuron }: Cell) => place.get(neuron)! % perRow,
        fy: ({ neuron }: Cell) => Math.floor(place.get(neuron)! / perRow),
        stroke: '#ddd',
      }),
      Plot.text(labels, {
        text: (label: string) => label,
        fx: (label: string) => place.get(label)! % perRow,
        fy: (label: string) => Math.floor(place.get(label)! / perRow),
        frameAnchor: 'top-left',
        dy: -14,
      }),
    ],
  });
  const caption =
    'Each block is a neuron that pruning keeps; a cell is the weight of the product of two inputs in what the neuron writes, relative to the largest of the neuron: red negative, blue positive. Columns are in the order of the rows.';
  return { title: 'What the neurons write', caption, svg };
}

/** Where the largest entry of a form lies. */
function leadOf(form: readonly (readonly number[])[]): number {
  const flat = form.flat().map(Math.abs);
  return flat.indexOf(Math.max(...flat));
}
