// A hundred worlds before every commit, and what makes them worth anything: the same seed is the same world, and a fault is a fault.

import { expect, test } from 'vitest';
import { at, describeFault, stopsAtOperation } from './faults.js';
import { lieKinds } from './lies.js';
import { oracleFor, type RunShape } from './oracle.js';
import { randomWorld } from './random-world.js';
import { lineTrace } from './trace.js';
import { runWorld, type WorldPlan } from './world.js';

const shape: RunShape = {
  ...{ steps: 12, microbatches: 8, checkpointEvery: 3, digestEvery: 1 },
  ...{ keepCheckpoints: 2, keepCheckpointEvery: null, evaluateEvery: 4 },
};
const ada = { name: 'ada', threadCount: 2, millisecondsPerMicrobatch: 10 };
const bela = { name: 'bela', threadCount: 1, millisecondsPerMicrobatch: 15 };

const worldWith = (...faults: WorldPlan['faults']): WorldPlan => ({ seed: 1, shape, workers: [ada, bela], faults });

async function tracedLines(plan: WorldPlan): Promise<readonly string[]> {
  const lines: string[] = [];
  await runWorld(plan, { trace: (now) => lineTrace(now, (line) => lines.push(line)) });
  // A run's id is drawn anew each time; nothing else is.
  return lines.map((line) => line.replace(/simulated-[0-9a-f]{12}/, 'simulated'));
}

test('a hundred random worlds end with the bits of the serial trainer, or with a refusal that harms nothing', async () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const { flaws } = await runWorld(randomWorld(seed));
    expect(flaws, `npx starling simulate --seed ${seed} --trace`).toEqual([]);
  }
}, 60_000);

test('the same seed gives the same events, another one gives others', async () => {
  const lines = await tracedLines(randomWorld(14));
  expect(lines.length).toBeGreaterThan(50);
  expect(await tracedLines(randomWorld(14))).toEqual(lines);
  expect(await tracedLines(randomWorld(15))).not.toEqual(lines);
});

test('a world without faults ends in one life with the last parameters of the serial trainer', async () => {
  const result = await runWorld(worldWith());
  expect(result).toMatchObject({ outcome: 'completed', flaws: [], coordinatorLives: 1 });
  expect(oracleFor(shape).trajectory).toHaveLength(shape.steps + 1);
});

test('a world goes on after a loss of power, a day off the calendar and an hour of sleep', async () => {
  const result = await runWorld(
    worldWith(
      at(200).coordinator.losesPower({ returnsAfter: 1000 }),
      at(300).calendar.isSet({ by: -86_400_000 }),
      at(1600).worker('ada').freezes({ lasts: 3_600_000 }),
      at(1700).clockOf('coordinator').jumpsForward({ by: 3_600_000 }),
    ),
  );
  expect(result).toMatchObject({ outcome: 'completed', flaws: [], coordinatorLives: 2 });
});

test('a run that is stopped tells so, and is continued to the same bits', async () => {
  const result = await runWorld(worldWith(at(150).coordinator.isStopped({ returnsAfter: 1000 })));
  expect(result).toMatchObject({ outcome: 'completed', flaws: [], coordinatorLives: 2 });
});

test('a run goes on after its disk was full amid a line', async () => {
  const result = await runWorld(worldWith(at(50).disk.isFull({ lasts: 3000 })));
  expect(result).toMatchObject({ outcome: 'completed', flaws: [] });
  expect(result.coordinatorLives).toBeGreaterThan(1);
});

const eve = { name: 'eve', threadCount: 2, millisecondsPerMicrobatch: 4, kind: 'browser' } as const;

test.each(lieKinds)('a volunteer that lies (%s) is refused, and the run has the bits of the serial trainer', async (lie) => {
  const lies = at(0).worker('eve').lies({ lie, share: 0.5, lasts: 3000 });
  const lines: string[] = [];
  const plan = { ...worldWith(lies), workers: [ada, bela, eve] };
  const result = await runWorld(plan, { trace: (now) => lineTrace(now, (line) => lines.push(line)) });
  expect(result).toMatchObject({ outcome: 'completed', flaws: [] });
  expect(lines.some((line) => line.includes('Worker eve is refused: Cannot trust worker'))).toBe(true);
});

test('volunteers among themselves find the one that lies', async () => {
  const volunteers = [ada, bela, { ...ada, name: 'carl' }].map((traits) => ({ ...traits, kind: 'browser' as const }));
  const lies = at(0).worker('eve').lies({ lie: 'scaled', share: 0.3, lasts: 5000 });
  const result = await runWorld({
    ...worldWith(lies, at(100).worker('ada').isKilled({ returnsAfter: 400 })),
    workers: [...volunteers, eve],
  });
  expect(result).toMatchObject({ outcome: 'completed', flaws: [] });
});

test('a stop at an operation that never comes is a flaw where every stop is to strike', async () => {
  const plan = worldWith(stopsAtOperation(100_000, 'amid', { returnsAfter: 500, powerCut: true }));
  expect((await runWorld(plan)).flaws).toEqual([]);
  expect((await runWorld({ ...plan, everyStopStrikes: true })).flaws).toHaveLength(1);
});

test('a world waits for its only worker, however long it is away', async () => {
  const plan = { ...worldWith(at(100).worker('ada').isCutOff({ lasts: 7_200_000 })), workers: [ada] };
  const result = await runWorld(plan);
  expect(result).toMatchObject({ outcome: 'completed', flaws: [] });
  expect(result.virtualMilliseconds).toBeGreaterThan(7_200_000);
});

test('a damaged description of the run is refused, and nothing is changed', async () => {
  const plan = worldWith(at(100).disk.flipsABitIn('run.json'), at(150).coordinator.isKilled({ returnsAfter: 100 }));
  const result = await runWorld(plan);
  expect(result).toMatchObject({ outcome: 'refused', flaws: [] });
  expect(result.refusal).toMatch(/\[run-(damaged|version)\]/);
});

test('faults read like sentences', () => {
  expect(describeFault(at(1200).worker('ada').isKilled({ returnsAfter: 500 }))).toBe(
    'at 1.20 s ada is killed, and comes back 0.50 s later',
  );
  expect(describeFault(at(300).worker('eve').lies({ lie: 'zeros', share: 0.5, lasts: 3000 }))).toBe(
    'at 0.30 s eve lies about tree nodes (0.50) for 3.00 s: it sends zeros',
  );
  expect(describeFault(at(0).disk.isFull({ lasts: 7_200_000 }))).toBe('at 0.00 s the disk is full for 2.0 h');
});
