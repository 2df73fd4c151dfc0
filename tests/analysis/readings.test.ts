import { describe, expect, it } from 'vitest';
import {
  attentionPolynomials,
  attentionScores,
  gatedLayerOf,
  gatedPolynomials,
  gradientStepPolynomials,
  influences,
  influentialNeurons,
  keepNeurons,
  mergeNeurons,
  polynomialDistance,
  prune,
  teacherLayer,
  unexplained,
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
  type Construction,
} from '../../learning/index.js';
import { scatteredNumbers } from '../learning/run-model.js';

const teacher = drawTeacher(3, 4, 32);

function layerOf({ hidden, outputNeurons, values }: Construction, inputDimension: number, outputDimension: number): GatedLayer {
  const model = bindModel(modelSchema.parse({ name: 'gated-rnn', hidden, outputNeurons }));
  const tensors = model.parameters({ inputDimension, outputDimension });
  return gatedLayerOf(tensors, flatten(tensors, values));
}

/** A layer with neurons that nothing reads. */
function withIdleNeurons(layer: GatedLayer, count: number): GatedLayer {
  const width = layer.inputGate.m[0]!.length;
  const idle = Array.from({ length: count }, (_, index) => scatteredNumbers(width, index + 5));
  const zeros = new Array<number>(count).fill(0);
  return {
    ...layer,
    inputGate: { m: [...layer.inputGate.m, ...idle], x: [...layer.inputGate.x, ...idle] },
    decays: [...layer.decays, ...zeros.map(() => 0.5)],
    outputGate: {
      m: layer.outputGate.m.map((row) => [...row, ...zeros]),
      x: layer.outputGate.x.map((row) => [...row, ...zeros]),
    },
  };
}

/** Rows of a gate scaled against each other, and neurons against what is read from them. */
function rescaled(layer: GatedLayer): GatedLayer {
  const factor = (neuron: number): number => 0.5 + (neuron % 4);
  const columns = (a: readonly (readonly number[])[]) => a.map((row) => row.map((x, neuron) => x / factor(neuron)));
  return {
    ...layer,
    inputGate: {
      m: layer.inputGate.x.map((row, neuron) => row.map((x) => 3 * factor(neuron) * x)),
      x: layer.inputGate.m.map((row) => row.map((x) => x / 3)),
    },
    outputGate: { m: columns(layer.outputGate.m), x: columns(layer.outputGate.x) },
  };
}

const constructions = { plain: constructPlain(teacher), compact: constructCompact(teacher), shared: constructShared(teacher) };

describe.each(Object.entries(constructions))('the %s construction', (_, construction) => {
  const layer = layerOf(construction, 4, 4);

  it('holds all keys, values and queries', () => {
    const scores = attentionScores(layer, teacher);
    expect(scores.keyValue).toBeLessThan(1e-12);
    // Where keys equal values, queries are other ones, but they span the same space.
    expect(scores.query).toBeLessThan(1e-12);
  });

  it("answers a first token with the teacher's polynomial", () => {
    expect(polynomialDistance(gatedPolynomials(layer), attentionPolynomials(teacher))).toBeLessThan(1e-6);
  });

  it('is what pruning leaves when idle neurons are added', () => {
    const larger = withIdleNeurons(layer, 3);
    const lossOf = (kept: readonly number[]): number =>
      1e-9 + polynomialDistance(gatedPolynomials(keepNeurons(larger, kept)), attentionPolynomials(teacher));
    const pruned = prune(influences(larger), { lossOf, largestLoss: (original) => 1.1 * original });
    expect(pruned.kept).toEqual(layer.decays.map((_, neuron) => neuron));
    expect(pruned.loss).toBeLessThanOrEqual(1.1 * pruned.originalLoss);
    expect(pruned.stages.map(({ neuronCount }) => neuronCount)).toEqual([3, 2, 1, 0].map((idle) => layer.decays.length + idle));
  });
});

describe('mergeNeurons', () => {
  const reference = teacherLayer(teacher);
  const distanceOf = (layer: GatedLayer): number => polynomialDistance(gatedPolynomials(layer), attentionPolynomials(teacher));

  it.each(Object.entries(constructions))(
    'writes the %s construction with ten neurons that remember and four that forget',
    (_, one) => {
      // Idle neurons with λ = 0.5 are neither, and are left out.
      const merged = mergeNeurons(withIdleNeurons(rescaled(layerOf(one, 4, 4)), 2), reference);
      expect(merged.decays).toEqual([...new Array<number>(10).fill(1), ...new Array<number>(4).fill(0)]);
      expect(distanceOf(merged)).toBeLessThan(1e-6);
    },
  );

  it('loses what no neuron holds any more', () => {
    const layer = layerOf(constructions.compact, 4, 4);
    const lacking = keepNeurons(
      layer,
      layer.decays.slice(1).map((_, index) => index + 1),
    );
    expect(distanceOf(mergeNeurons(lacking, reference))).toBeGreaterThan(0.1);
  });
});

describe('influences', () => {
  const layer = layerOf(constructions.plain, 4, 4);

  it('are zero for neurons that nothing reads', () => {
    const idle = influences(withIdleNeurons(layer, 2)).slice(-2);
    expect(idle.map(({ influence }) => influence)).toEqual([0, 0]);
    expect(influentialNeurons(withIdleNeurons(layer, 2)).every(({ neuron }) => neuron < layer.decays.length)).toBe(true);
  });

  it('do not change when rows of gates are exchanged and scaled against each other', () => {
    const [found, wanted] = [influences(rescaled(layer)), influences(layer)];
    found.forEach(({ influence }, neuron) => expect(influence).toBeCloseTo(wanted[neuron]!.influence, 10));
  });
});

describe('gatedPolynomials', () => {
  it('is η y_i x_j² for the construction of a gradient step', () => {
    const layer = layerOf(constructRegression({ inputDimension: 3, outputDimension: 2, learningRate: 0.0625 }), 5, 2);
    const polynomials = gatedPolynomials(layer);
    expect(polynomialDistance(polynomials, gradientStepPolynomials(3, 2, 0.0625))).toBeLessThan(1e-12);
    expect(polynomials[0]!.get('2,0,0,1,0')).toBeCloseTo(0.0625, 12);
  });

  it('equals the layer itself at a token', () => {
    const layer = rescaled(layerOf(constructions.shared, 4, 4));
    const x = scatteredNumbers(4, 8);
    const z = [...x, 1];
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, index) => sum + value * b[index]!, 0);
    const h = layer.inputGate.m.map((row, neuron) => dot(row, z) * dot(layer.inputGate.x[neuron]!, z));
    const wanted = layer.readout.map((row) =>
      dot(
        row,
        layer.outputGate.m.map((m, product) => dot(m, h) * dot(layer.outputGate.x[product]!, h)),
      ),
    );
    gatedPolynomials(layer).forEach((polynomial, output) => {
      const value = [...polynomial].reduce((sum, [monomial, coefficient]) => {
        const powers = monomial.split(',').map(Number);
        return sum + powers.reduce((product, power, index) => product * x[index]! ** power, coefficient);
      }, 0);
      expect(value).toBeCloseTo(wanted[output]!, 10);
    });
  });

  it('counts only the monomials that are asked for', () => {
    const wanted = [new Map([['1,0', 1]])];
    const found = [
      new Map([
        ['1,0', 1],
        ['0,1', 5],
      ]),
    ];
    expect(polynomialDistance(found, wanted)).toBe(5);
    expect(polynomialDistance(found, wanted, ([, second]) => second === 0)).toBe(0);
  });
});

describe('attentionScores', () => {
  it('are 1 where no neuron remembers or forgets', () => {
    const layer = layerOf(constructions.plain, 4, 4);
    const lukewarm = { ...layer, decays: layer.decays.map(() => 0.5) };
    expect(attentionScores(lukewarm, teacher)).toEqual({ keyValue: 1, query: 1 });
  });

  it('rise when a memory neuron is missing that no others replace', () => {
    const layer = layerOf(constructions.compact, 4, 4);
    const others = layer.decays.map((_, neuron) => neuron).slice(1);
    const found = attentionScores(keepNeurons(layer, others), teacher);
    expect(found.keyValue).toBeGreaterThan(0.0001);
    expect(found.query).toBeLessThan(1e-12);
  });
});

describe('unexplained', () => {
  it('is the share of a target outside of the span, also of dependent features', () => {
    const features = [
      [1, 0, 0],
      [2, 0, 0],
    ];
    expect(unexplained([[3, 4, 0]], features)).toBeCloseTo(16 / 25, 12);
    expect(unexplained([[5, 0, 0]], features)).toBeCloseTo(0, 12);
    expect(unexplained([[1, 1, 1]], [])).toBe(1);
  });

  it('takes more features than they have entries: what all of them leave out, and nothing where they leave out nothing', () => {
    const plane = Array.from({ length: 7 }, (_, index) => [index, 2 - index, 0]);
    expect(unexplained([[3, 0, 4]], plane)).toBeCloseTo(16 / 25, 12);
    const space = Array.from({ length: 7 }, (_, index) => [index, index * index, 1]);
    expect(unexplained([[3, 1, 4]], space)).toBeCloseTo(0, 12);
  });
});
