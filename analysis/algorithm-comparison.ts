// A network beside known algorithms on the same sequences: who has which loss, and how far the network's predictions are from each one's.

import { norm } from './gated-layer.js';
import { predictionsOf, spectraOf, type RegressionAlgorithm } from './regression-algorithms.js';
import type { AnsweredSequence } from './regression-sequences.js';
import { difference, estimate, lossesOf, type Estimate } from './statistics.js';

/** An algorithm beside the network. */
export interface ComparedAlgorithm {
  readonly name: string;
  readonly setting: RegressionAlgorithm['setting'];
  /** Half the mean squared error per output. */
  readonly loss: Estimate;
  /** The network's loss − this one's, sequence by sequence. */
  readonly excess: Estimate;
  /** √(Σ ‖network − algorithm‖² / Σ ‖target‖²) of the predictions. */
  readonly distance: number;
}

/** The network and every algorithm, in the order given. */
export interface AlgorithmComparison {
  readonly sequenceCount: number;
  readonly loss: Estimate;
  readonly algorithms: readonly ComparedAlgorithm[];
  /** The name of the one whose predictions are the nearest. */
  readonly nearest: string;
}

/** Compares a network's answers with algorithms that were tuned elsewhere: at least one. */
export function compareAlgorithms(
  sequences: readonly AnsweredSequence[],
  algorithms: readonly RegressionAlgorithm[],
): AlgorithmComparison {
  const spectra = spectraOf(sequences);
  const answers = sequences.map(({ prediction }) => prediction);
  const losses = lossesOf(sequences, answers);
  const scale = norm(sequences.flatMap(({ target }) => target));
  const compared = algorithms.map(({ name, setting, filter }) => {
    const predictions = predictionsOf(spectra, filter);
    const own = lossesOf(sequences, predictions);
    const distance = norm(difference(answers.flat(), predictions.flat())) / scale;
    return { name, setting, loss: estimate(own), excess: estimate(difference(losses, own)), distance };
  });
  const [nearest] = compared.toSorted((a, b) => a.distance - b.distance);
  if (nearest === undefined) throw new RangeError('Cannot compare network: no algorithms found, at least one wanted');
  return { sequenceCount: sequences.length, loss: estimate(losses), algorithms: compared, nearest: nearest.name };
}
