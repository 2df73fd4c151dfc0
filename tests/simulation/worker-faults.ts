// What goes wrong with a worker and its line.

import type { WorkerOutcome } from '../../worker/index.js';
import type { Fault } from './faults.js';
import type { Lie } from './lies.js';
import { goodLine, type SimulatedNetwork } from './simulated-network.js';
import type { SimulatedWorker } from './simulated-worker.js';
import type { VirtualClock } from './virtual-clock.js';

/** The worker that is struck, and the world around it. */
export interface StruckWorker {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly worker: SimulatedWorker;
  /** Who lies, by name; over restarts. */
  readonly lies: Map<string, Lie>;
  /** Starts it once more, with this id or a new one. */
  readonly start: (workerId?: string) => void;
}

/** Lets a fault happen to a worker. */
export function strikeWorker(
  fault: Extract<Fault, { readonly worker: string }>,
  { clock, network, worker, lies, start }: StruckWorker,
): void {
  switch (fault.type) {
    case 'worker-killed':
      worker.process.kill();
      network.dropWorker(fault.worker);
      return clock.after(fault.returnsAfter, () => start());
    case 'worker-frozen':
      worker.process.freeze();
      return clock.after(fault.lasts, () => worker.process.thaw());
    case 'worker-slowed':
      worker.slowness = fault.factor;
      return clock.after(fault.lasts, () => {
        worker.slowness = 1;
      });
    case 'computing-fails':
      worker.failures += 1;
      return;
    case 'worker-lies': {
      const lie = { kind: fault.lie, share: fault.share };
      lies.set(fault.worker, lie);
      return clock.after(fault.lasts, () => {
        if (lies.get(fault.worker) === lie) lies.delete(fault.worker);
      });
    }
    case 'twin-joins':
      return start(worker.workerId);
    case 'connection-broken':
      return network.breakConnection(fault.worker);
    case 'line-blocked':
      return network.block(fault.worker, fault.directions, fault.lasts);
    case 'line-confused':
      network.setQuality(fault.worker, { ...goodLine, repeats: fault.repeats, swaps: fault.swaps });
      return clock.after(fault.lasts, () => network.setQuality(fault.worker, goodLine));
    case 'line-delayed':
      network.setQuality(fault.worker, { ...goodLine, delay: [fault.delay, 2 * fault.delay] });
      return clock.after(fault.lasts, () => network.setQuality(fault.worker, goodLine));
    case 'line-echoes':
      network.setQuality(fault.worker, { ...goodLine, echoes: fault.echoes });
      return clock.after(fault.lasts, () => network.setQuality(fault.worker, goodLine));
  }
}

/** Nobody is refused for wrong sums who never sent any. */
export function injusticesOf(faults: readonly Fault[], name: string, outcome: WorkerOutcome): readonly string[] {
  if (outcome.type !== 'failed' || outcome.code !== 'wrong-bits') return [];
  const isLiar = faults.some((fault) => fault.type === 'worker-lies' && fault.worker === name);
  return isLiar ? [] : [`${name}, who never lied, was refused: ${outcome.message}`];
}
