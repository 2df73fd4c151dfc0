// Thousands of worlds, every crash point of one run, and the bugs that the worlds must find.

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runJson } from './command.js';
import { mutants, plant } from './mutants.js';

interface Simulated {
  readonly worlds: number;
  readonly flawed: readonly { readonly seed: number; readonly flaws: readonly string[] }[];
  readonly medianMilliseconds: number;
}

describe('starling simulate', () => {
  it('finds no flaw in 2,000 worlds', async () => {
    const simulated = (await runJson(['simulate', '--seed', '1', '--worlds', '2000'])) as unknown as Simulated;
    expect(simulated.flawed).toEqual([]);
    expect(simulated.worlds).toBe(2000);
  });

  it('finds no flaw when the coordinator stops before, amid and after every operation on its disk', async () => {
    const simulated = (await runJson(['simulate', '--crash-points'])) as unknown as Simulated;
    expect(simulated.flawed).toEqual([]);
    expect(simulated.worlds).toBeGreaterThan(1000);
  });

  it.each(mutants)('finds the planted bug "$name" within 500 worlds', (mutant) => {
    const args = [plant(mutant), 'simulate', '--seed', '1', '--worlds', '500', '--stop', '--json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { flawed } = JSON.parse(stdout) as Simulated;
    expect(flawed).toHaveLength(1);
    // A flaw of the run, not an exception of the planted code.
    expect(flawed[0]?.flaws.join()).not.toContain('fault: ');
  });
});
