// A GRU that computes linear self-attention, as closely as f32 lets it: gates where they are straight, tanh where it is straight or cubic.
// For every pair (i, j) of a value v_i and a key k_j, with signs s, u = ±1 (r: reset, z: update, n: candidate, h ← (1 − z) n + z h):
//
//   memory    r = 1   1 − z = σ(s ε k_j)   n = tanh(η v_i + h)        h ≈ h + (½ + s ε k_j / 4) η v_i:   Σ_s s h ≈ (ε η / 2) Σ_t k_j v_i
//   reading   z = 0   r = σ(u ρ q_j)       n = tanh(r ⊙ Σ_s s h_s)    Σ_u u n ≈ (ρ / 2) q_j Σ_s s h_s, of the tokens before this one
//   own token z = 0   n = tanh(m θ a)      tanh(2 θ a) − 2 tanh(θ a) ≈ −2 θ³ a³, for a = v_i ± k_j ± q_j:   Σ ± a³ = 24 v_i k_j q_j
//
// Nothing is forgotten, since (1 − z) h + z h = h.   Units: 12 d² (2 for memory, 2 to read it, 8 for the own token).

import type { AttentionLayer } from '../../learning/index.js';
import { scaled, signs, type ConstructedNetwork, type Row } from './construction.js';

/** Input scales: small enough to be straight, large enough for differences of nearly equal numbers. */
const [epsilon, eta, rho, theta] = [0.015, 0.003, 0.015, 0.005];
/** σ of it is 1 in f32, σ of its negative 2e-9: nothing, beside 1. */
const saturated = 20;

interface Unit {
  readonly reset: Row;
  readonly resetBias: number;
  readonly update: Row;
  readonly updateBias: number;
  readonly candidate: Row;
  /** Weights of other units' states in the candidate, by their index. */
  readonly fromHidden: ReadonlyMap<number, number>;
  readonly output: number;
  readonly readout: number;
}

/** A value, a key and a query as rows of weights, and the output that the value belongs to. */
interface Pair {
  readonly v: Row;
  readonly k: Row;
  readonly q: Row;
  readonly output: number;
}

/** The units of a pair; the first of them has index `first`. */
function unitsOfPair({ v, k, q, output }: Pair, first: number): readonly Unit[] {
  const zero = scaled(v, 0);
  const passing = { reset: zero, resetBias: 0, update: zero, updateBias: -saturated, output };
  const memory = signs.map((s, index): Unit => ({
    ...{ reset: zero, resetBias: saturated, update: scaled(k, -s * epsilon), updateBias: 0, candidate: scaled(v, eta) },
    ...{ fromHidden: new Map([[first + index, 1]]), output, readout: 0 },
  }));
  const memories = new Map(signs.map((s, index) => [first + index, s]));
  const reading = signs.map((u): Unit => ({
    ...{ ...passing, reset: scaled(q, u * rho), candidate: zero, fromHidden: memories },
    readout: (u * 4) / (rho * epsilon * eta),
  }));
  const own = signs.flatMap((a) =>
    signs.flatMap((b) =>
      [1, 2].map((multiple): Unit => {
        const form = v.map((x, index) => x + a * (k[index] ?? 0) + b * (q[index] ?? 0));
        const weight = (a * b) / 24 / (-2 * theta * theta * theta);
        return {
          ...{ ...passing, candidate: scaled(form, multiple * theta), fromHidden: new Map() },
          readout: multiple === 1 ? -2 * weight : weight,
        };
      }),
    ),
  );
  return [...memory, ...reading, ...own];
}

/** The parameters, by name, of a GRU of one layer that computes a layer of linear attention. */
export function constructGru({ query, key, value }: AttentionLayer): ConstructedNetwork {
  const units: Unit[] = [];
  for (const [output, v] of value.entries()) {
    for (const [j, k] of key.entries()) units.push(...unitsOfPair({ v, k, q: query[j] ?? [], output }, units.length));
  }
  const hidden = units.length;
  const rows = (of: (unit: Unit) => Row): Float32Array => Float32Array.from(units.flatMap(of));
  const column = (of: (unit: Unit) => number): Float32Array => Float32Array.from(units, of);
  const none = new Float32Array(hidden * hidden);
  const outputs = value.map((_, output) => units.map((unit) => (unit.output === output ? unit.readout : 0)));
  const values = new Map<string, Float32Array>([
    ['layer0.reset.x', rows(({ reset }) => reset)],
    ['layer0.reset.h', none],
    ['layer0.reset.bias', column(({ resetBias }) => resetBias)],
    ['layer0.update.x', rows(({ update }) => update)],
    ['layer0.update.h', none],
    ['layer0.update.bias', column(({ updateBias }) => updateBias)],
    ['layer0.candidate.x', rows(({ candidate }) => candidate)],
    ['layer0.candidate.h', rows(({ fromHidden }) => units.map((_, index) => fromHidden.get(index) ?? 0))],
    ['layer0.candidate.bias', new Float32Array(hidden)],
    ['layer0.candidate.h.bias', new Float32Array(hidden)],
    ['readout', Float32Array.from(outputs.flat())],
  ]);
  return { model: { name: 'gru', hidden }, values };
}
