// The canonical form of a construction whose weights were changed in every way that leaves its function alone is the construction.

import { describe, expect, it } from 'vitest';
import {
  canonicalForm,
  exactPreconditioner,
  gatedLayerOf,
  keepNeurons,
  stepLayer,
  teacherLayer,
  type CanonicalNeurons,
  type GatedLayer,
} from '../../analysis/index.js';
import {
  bindModel,
  constructCompact,
  constructPlain,
  constructRegression,
  constructShared,
  drawTeacher,
  flatten,
  modelSchema,
  multiply,
  type AttentionLayer,
  type Construction,
  type Matrix,
} from '../../learning/index.js';
import { scatteredNumbers } from '../learning/run-model.js';

function layerOf({ hidden, outputNeurons, values }: Construction, inputDimension: number, outputDimension: number): GatedLayer {
  const model = bindModel(modelSchema.parse({ name: 'gated-rnn', hidden, outputNeurons }));
  const tensors = model.parameters({ inputDimension, outputDimension });
  return gatedLayerOf(tensors, flatten(tensors, values));
}

const rate = 0.0676;
const step = stepLayer(3, [
  [rate, 0, 0],
  [0, rate, 0],
  [0, 0, rate],
]);
const teacher = drawTeacher(3, 4, 32);
const compact = layerOf(constructCompact(teacher), 4, 4);
const lowRank: AttentionLayer = { ...teacher, value: [...teacher.value.slice(1), teacher.value[1]!] };
const plain = layerOf(constructPlain(lowRank), 4, 4);
const layers = {
  step: { layer: step, queries: [9, 10, 11] },
  compact: { layer: compact, queries: [11, 12, 13] },
  plain: { layer: plain, queries: [17, 18, 19] },
};

const permuted = <T>(list: readonly T[]): T[] =>
  list
    .map((value, index) => ({ value, order: scatteredNumbers(list.length, 21)[index]! }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value);
const factor = (index: number): number => (index % 2 === 0 ? -1 : 1) * (0.5 + (index % 5));

/** Hidden neurons and products permuted, their rows exchanged and scaled against each other, scales absorbed by what reads them. */
function disguised(layer: GatedLayer): GatedLayer {
  const order = permuted(layer.decays.map((_, index) => index));
  const rows = (a: Matrix, change: (index: number) => number): Matrix => order.map((n) => a[n]!.map((x) => x * change(n)));
  const [swapped, kept] = [layer.inputGate.x, layer.inputGate.m];
  const read = (a: Matrix): Matrix => a.map((row) => order.map((n) => row[n]! / factor(n)));
  const products = permuted(layer.outputGate.m.map((_, index) => index));
  return {
    inputGate: { m: rows(swapped, (n) => 7 * factor(n)), x: rows(kept, () => 1 / 7) },
    decays: order.map((n) => layer.decays[n]!),
    outputGate: {
      m: products.map((p) => read(layer.outputGate.x)[p]!.map((x) => x * factor(p + 1))),
      x: products.map((p) => read(layer.outputGate.m)[p]!),
    },
    readout: layer.readout.map((row) => products.map((p) => row[p]! / factor(p + 1))),
  };
}

/** Neurons replaced by mixtures: their rows of one part of the gate become A times them (those of the other are equal), and what reads them A⁻ᵀ. */
function mixed(layer: GatedLayer, part: 'm' | 'x', neurons: readonly number[]): GatedLayer {
  const rows = neurons.map((n) => layer.inputGate[part][n]!);
  const mixture = multiply(a, rows);
  const gate = layer.inputGate[part].map((row, n) => (neurons.includes(n) ? mixture[neurons.indexOf(n)]! : row));
  const read = (weights: Matrix): Matrix =>
    weights.map((row) => {
      const [changed] = multiply([neurons.map((n) => row[n]!)], inverse);
      return row.map((x, n) => (neurons.includes(n) ? changed![neurons.indexOf(n)]! : x));
    });
  const outputGate = { m: read(layer.outputGate.m), x: read(layer.outputGate.x) };
  return { ...layer, inputGate: { ...layer.inputGate, [part]: gate }, outputGate };
}

const a = [
  [1, 2, 0],
  [0.5, -1, 1],
  [0, 1, 3],
];
const inverse = [
  [4 / 7, 6 / 7, -2 / 7],
  [3 / 14, -3 / 7, 1 / 7],
  [-1 / 14, 1 / 7, 2 / 7],
];

const flat = ({ forms, outputs }: CanonicalNeurons): readonly number[] => [...forms.flat(), ...outputs.flat(2)];

function expectEqual(found: CanonicalNeurons, wanted: CanonicalNeurons): void {
  const scale = Math.max(...flat(wanted).map(Math.abs));
  flat(found).forEach((x, index) => expect(Math.abs(x - flat(wanted)[index]!)).toBeLessThan(1e-9 * scale));
}

function expectSame(layer: GatedLayer, reference: GatedLayer): void {
  const form = canonicalForm(layer, reference);
  expect(form.distance).toBeLessThan(1e-12);
  expect(Math.max(...Object.values(form.parts))).toBeLessThan(1e-9);
  expectEqual(form.mixed, form.reference);
}

describe.each(Object.entries(layers))('canonicalForm of the %s construction', (_, { layer, queries }) => {
  it('is the construction, whatever was permuted, exchanged, scaled and absorbed', () => {
    expectSame(disguised(layer), layer);
    const { kinds, ordered, reference } = canonicalForm(disguised(layer), layer);
    expect(kinds).toHaveLength(layer.decays.length);
    expect(ordered.decays).toEqual(reference.decays);
  });

  it('is the construction when queries were mixed', () => {
    expectSame(disguised(mixed(layer, 'm', queries)), layer);
  });

  it('is the construction when a neuron was split in two', () => {
    const halves = (weights: Matrix): Matrix => weights.map((row) => [...row.map((x, n) => (n === 0 ? x / 2 : x)), row[0]! / 2]);
    const doubled = {
      inputGate: { m: [...layer.inputGate.m, layer.inputGate.m[0]!], x: [...layer.inputGate.x, layer.inputGate.x[0]!] },
      decays: [...layer.decays, layer.decays[0]!],
      outputGate: { m: halves(layer.outputGate.m), x: halves(layer.outputGate.x) },
      readout: layer.readout,
    };
    expectSame(disguised(doubled), layer);
  });
});

describe('canonicalForm', () => {
  it('orders neurons by what they hold, as they are: without mixtures that alone is the construction', () => {
    for (const { layer } of [layers.step, layers.compact]) {
      const { ordered, reference } = canonicalForm(disguised(layer), layer);
      expectEqual(ordered, reference);
    }
  });

  it('is the construction where keys are in another basis for every value, and queries in one of their own', () => {
    const { layer } = layers.step;
    const changed = [0, 1, 2].reduce((one, i) => mixed(one, 'x', [3 * i, 3 * i + 1, 3 * i + 2]), layer);
    expectSame(disguised(mixed(changed, 'm', layers.step.queries)), layer);
    // As they are, those neurons hold other products.
    const { ordered, reference } = canonicalForm(changed, layer);
    expect(Math.max(...flat(ordered).map((x, index) => Math.abs(x - flat(reference)[index]!)))).toBeGreaterThan(0.1);
  });

  it('tells how much is missing: one of nine products is a third of the norm', () => {
    const { layer } = layers.step;
    const {
      distance,
      parts,
      mixed: found,
    } = canonicalForm(keepNeurons(disguised(layer), without(disguised(layer), layer, 4)), layer);
    expect(distance).toBeCloseTo(1 / 3, 10);
    expect(parts.remembers).toBeCloseTo(1 / 3, 10);
    expect(parts.outputs).toBeCloseTo(1 / 3, 10);
    expect(parts.forgets).toBeLessThan(1e-10);
    expect(found.outputs.flat().map((row) => row[4])).toEqual(new Array(36).fill(expect.closeTo(0, 12)));
  });

  it('tells a rate that is 2 % off, and of which neurons a decay is between', () => {
    const { layer } = layers.step;
    const faster = { ...layer, readout: layer.readout.map((row) => row.map((x) => 1.02 * x)) };
    expect(canonicalForm(faster, layer).distance).toBeCloseTo(0.02, 10);
    const fading = { ...layer, decays: layer.decays.map((decay, n) => (n === 0 ? 0.5 : decay)) };
    const { kinds, distance } = canonicalForm(fading, layer);
    expect(kinds.at(-1)).toBe('between');
    // One product of nine is missing, and another one is there.
    expect(distance).toBeCloseTo(Math.sqrt(2) / 3, 10);
    expect(() => canonicalForm(layer, fading)).toThrow('λ near 0 or 1 wanted');
  });

  it('leaves out what is never asked: here the y of a query', () => {
    const { layer } = layers.step;
    const m = layer.inputGate.m.map((row, n) => (n < 9 ? row : row.map((x, column) => (column < 3 || column === 6 ? x : 5))));
    const odd = { ...layer, inputGate: { ...layer.inputGate, m } };
    expect(canonicalForm(odd, layer).distance).toBeGreaterThan(1);
    expect(canonicalForm(odd, layer, (i, j) => ![i, j].some((input) => input >= 3 && input < 6)).distance).toBeLessThan(1e-12);
  });
});

describe('teacherLayer', () => {
  const constructions = {
    plain: constructPlain(teacher),
    compact: constructCompact(teacher),
    shared: constructShared(teacher),
  };

  it.each(Object.entries(constructions))('is the %s construction in the basis of the inputs', (_, construction) => {
    const { distance, parts } = canonicalForm(disguised(layerOf(construction, 4, 4)), teacherLayer(teacher));
    // The constructions are f32, and a compact one inverts W_V.
    expect(Math.max(distance, ...Object.values(parts))).toBeLessThan(1e-4);
  });

  it('needs no inverse of W_V', () => {
    const { distance, parts } = canonicalForm(disguised(plain), teacherLayer(lowRank));
    expect(distance).toBeLessThan(1e-6);
    expect(parts.outputs).toBeLessThan(1e-6);
  });

  it('is told from another teacher', () => {
    expect(canonicalForm(compact, teacherLayer(drawTeacher(4, 4, 32))).parts.outputs).toBeGreaterThan(0.5);
  });
});

describe('stepLayer', () => {
  it('is the construction of a gradient step', () => {
    const construction = layerOf(constructRegression({ inputDimension: 3, outputDimension: 3, learningRate: rate }), 6, 3);
    const { distance, ordered, reference } = canonicalForm(construction, step);
    expect(distance).toBeLessThan(1e-7);
    expect(ordered.forms).toEqual(reference.forms);
  });

  it('takes the step of its preconditioner', () => {
    const preconditioner = [
      [0.05, 0.01],
      [0.02, 0.1],
    ];
    const { matrix, spread } = exactPreconditioner(stepLayer(3, preconditioner), {
      inputDimension: 2,
      outputDimension: 3,
      contextLength: 4,
    });
    matrix.flat().forEach((x, index) => expect(x).toBeCloseTo(preconditioner.flat()[index]!, 8));
    expect(spread).toBeLessThan(1e-7);
  });
});

/** Neurons of a disguised layer but the one in a place of the reference. */
function without(layer: GatedLayer, reference: GatedLayer, place: number): readonly number[] {
  const form = reference.inputGate.m[place]!.map((x, k) => Math.abs(x) + Math.abs(reference.inputGate.x[place]![k]!));
  return layer.decays.flatMap((decay, n) => {
    const own = layer.inputGate.m[n]!.map((x, k) => Math.abs(x) + Math.abs(layer.inputGate.x[n]![k]!));
    return decay === reference.decays[place] && own.every((x, k) => x > 0 === form[k]! > 0) ? [] : [n];
  });
}
