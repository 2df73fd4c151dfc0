// How a tree node is summed in waves: as many microbatches at once as memory allows, a power of two, so that each wave's sum is a
// perfect subtree (but for the last wave's) and the sums of waves merge like the carries of a binary counter.

/** One step on the device. */
export type WaveStep =
  /** Computes microbatches [first, first + count) of the node into the slots from `slot` on. */
  | { readonly type: 'compute'; readonly first: number; readonly count: number; readonly slot: number }
  /** For each pair p: slot + 2 · span · p += the slot `span` after it. */
  | { readonly type: 'merge'; readonly slot: number; readonly span: number; readonly pairs: number };

/** The most microbatches of a wave, where memory holds `most`: a power of two. */
export function waveSize(most: number): number {
  let size = 1;
  while (size * 2 <= most) size *= 2;
  return size;
}

/** The steps that leave a node's sum in slot 0. A wave's slots begin where the sums of earlier waves end. */
export function planWaves(count: number, size: number): readonly WaveStep[] {
  const steps: WaveStep[] = [];
  let height = 0;
  const mergeLastTwo = (): void => {
    height -= 1;
    steps.push({ type: 'merge', slot: height - 1, span: 1, pairs: 1 });
  };
  for (let first = 0, wave = 1; first < count; first += size, wave += 1) {
    const inWave = Math.min(size, count - first);
    steps.push({ type: 'compute', first, count: inWave, slot: height });
    for (let span = 1; span < inWave; span *= 2) {
      // The last one of an odd number passes through to the next level.
      const pairs = Math.floor(Math.ceil(inWave / span) / 2);
      steps.push({ type: 'merge', slot: height, span, pairs });
    }
    height += 1;
    for (let carry = wave; carry % 2 === 0; carry /= 2) mergeLastTwo();
  }
  while (height > 1) mergeLastTwo();
  return steps;
}

/** Slots that these steps use. */
export const slotCount = (steps: readonly WaveStep[]): number =>
  steps.reduce((most, step) => (step.type === 'compute' ? Math.max(most, step.slot + step.count) : most), 1);
