// Thousands of worlds, every crash point of one run, and the bugs that the worlds must find.

import { afterAll, describe, expect, it } from 'vitest';
import { killAll, runJson, startIn } from './command.js';
import { mutants, plant } from './mutants.js';

interface Simulated {
  readonly worlds: number;
  readonly flawed: readonly { readonly seed: number; readonly flaws: readonly string[] }[];
  readonly medianMilliseconds: number;
}

afterAll(killAll);

// Each is one process on one processor, and none has to do with another.
describe.concurrent('starling simulate', () => {
  it.each([1, 1001])('finds no flaw in 1,000 worlds from seed %i on', async (seed) => {
    const simulated = (await runJson(['simulate', '--seed', String(seed), '--worlds', '1000'])) as unknown as Simulated;
    expect(simulated.flawed).toEqual([]);
    expect(simulated.worlds).toBe(1000);
  });

  it('finds no flaw when the coordinator stops before, amid and after every operation on its disk', async () => {
    const simulated = (await runJson(['simulate', '--crash-points'])) as unknown as Simulated;
    expect(simulated.flawed).toEqual([]);
    expect(simulated.worlds).toBeGreaterThan(1000);
  });

  it.each(mutants)('finds the planted bug "$name" within 500 worlds', async (mutant) => {
    const args = ['simulate', '--seed', '1', '--worlds', '500', '--stop', '--json'];
    const { stdout, stderr } = await startIn({ copy: plant(mutant) }, args).finished;
    expect(stderr).toBe('');
    const { flawed } = JSON.parse(stdout) as Simulated;
    expect(flawed).toHaveLength(1);
    // A flaw of the run, not an exception of the planted code.
    expect(flawed[0]?.flaws.join()).not.toContain('fault: ');
  });
});
