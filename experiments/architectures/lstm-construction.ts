// An LSTM that computes linear self-attention, as closely as f32 lets it: its gates are used where they are straight.
//
//   σ(εa) ≈ ½ + εa/4   tanh(εb) ≈ εb   for a pair (i, j) of a value v_i and a key k_j, four units with signs s, u = ±1:
//   c = Σ_t σ(s ε k_j) tanh(ε v_i)     h = σ(u ε q_j) tanh(c)     Σ_{s,u} s u h ≈ (ε³/4) q_j Σ_t k_j v_i
//   forget gate: σ(20) rounds to 1 in f32, so nothing is forgotten.   Units: 4 d².
//
// A smaller ε is straighter and rounds worse: differences of nearly equal numbers are read out. The relative error is about ε² + 2⁻²⁴ / ε².

import type { AttentionLayer } from '../../learning/index.js';
import { scaled, signs, type ConstructedNetwork, type Row } from './construction.js';

const epsilon = 0.015;
const forgetBias = 20;

interface Unit {
  readonly inputGate: Row;
  readonly candidate: Row;
  readonly outputGate: Row;
  /** What the unit adds to each output. */
  readonly readout: Row;
}

function unitsOf({ query, key, value }: AttentionLayer): readonly Unit[] {
  return value.flatMap((valueRow, i) =>
    key.flatMap((keyRow, j) =>
      signs.flatMap((s) =>
        signs.map((u) => ({
          inputGate: scaled(keyRow, s * epsilon),
          candidate: scaled(valueRow, epsilon),
          outputGate: scaled(query[j] ?? [], u * epsilon),
          readout: value.map((_, output) => (output === i ? (4 * s * u) / (epsilon * epsilon * epsilon) : 0)),
        })),
      ),
    ),
  );
}

/** The parameters, by name, of an LSTM of one layer that computes a layer of linear attention. */
export function constructLstm(layer: AttentionLayer): ConstructedNetwork {
  const units = unitsOf(layer);
  const hidden = units.length;
  const zeros = (count: number): Float32Array => new Float32Array(count);
  const rows = (of: (unit: Unit) => Row): Float32Array => Float32Array.from(units.flatMap(of));
  const gates = {
    input: rows(({ inputGate }) => inputGate),
    forget: rows(({ candidate }) => candidate.map(() => 0)),
    output: rows(({ outputGate }) => outputGate),
    candidate: rows(({ candidate }) => candidate),
  };
  const values = new Map<string, Float32Array>();
  for (const [gate, x] of Object.entries(gates)) {
    values.set(`layer0.${gate}.x`, x);
    values.set(`layer0.${gate}.h`, zeros(hidden * hidden));
    values.set(`layer0.${gate}.bias`, gate === 'forget' ? zeros(hidden).fill(forgetBias) : zeros(hidden));
  }
  const outputs = layer.value.map((_, output) => units.map(({ readout }) => readout[output] ?? 0));
  values.set('readout', Float32Array.from(outputs.flat()));
  return { model: { name: 'lstm', hidden }, values };
}
