// Runs with volunteers among the workers, for the tests of second opinions.

import { helloFrom, jobOf, recheckOptions, ToyRun, toySum } from './toy-run.js';

export const volunteer = { kind: 'browser' } as const;
export const whole = (count: number, step = 0) => toySum({ begin: 0, end: count }, step);
export const zeros = (): Float32Array<ArrayBuffer> => new Float32Array(5);
export const idOf = (connection: number): string => helloFrom(`worker-${connection}`).workerId;

/** The connections that were refused for wrong bits. */
export const refused = (run: ToyRun): readonly number[] =>
  run.effects.flatMap((effect) => (effect.type === 'close' && effect.code === 'wrong-bits' ? [effect.connection] : []));
export const warnings = (run: ToyRun): readonly string[] =>
  run.effects.flatMap((effect) => (effect.type === 'log' && effect.entry.level === 'warning' ? [effect.entry.text] : []));
export const statisticsOf = (run: ToyRun, connection: number) =>
  run.core.statistics.find(({ workerId }) => workerId === idOf(connection));
export const isBusy = (run: ToyRun, connection: number): boolean => (run.leases.get(connection)?.length ?? 0) > 0;

export function runWith(kinds: readonly ('owner' | 'volunteer')[], recheck: Parameters<typeof recheckOptions>[0] = {}): ToyRun {
  const run = new ToyRun({ recheck: recheckOptions(recheck) });
  for (const [index, kind] of kinds.entries()) run.join(index + 1, kind === 'volunteer' ? volunteer : {});
  return run;
}

/** Answers everything, some of it with zeros, until so many jobs are done; in this order. */
export function finish(run: ToyRun, connections: readonly number[], jobCount = 1, liars: readonly number[] = []): void {
  for (let round = 0; run.results.length < jobCount; round += 1) {
    if (round > 1000) throw new Error('Cannot finish: the job stands still');
    for (const connection of connections) {
      while (isBusy(run, connection) && run.results.length < jobCount) {
        if (liars.includes(connection)) run.answerWith(connection, zeros());
        else run.answer(connection);
      }
    }
    run.now += 20;
    run.do({ type: 'tick' });
  }
}

/** Lets workers do jobs together until enough is confirmed of these. */
export function prove(run: ToyRun, volunteers: readonly number[], connections = volunteers): void {
  for (let step = 0; step < 100; step += 1) {
    run.do({ type: 'jobRequested', job: jobOf(12, step) });
    finish(run, connections, step + 1);
    if (volunteers.every((connection) => (statisticsOf(run, connection)?.confirmedNodes ?? 0) >= 10)) return;
  }
  throw new Error('Cannot prove: the volunteers were not confirmed');
}
