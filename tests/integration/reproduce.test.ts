// `starling reproduce` with the real command, on experiments of seconds.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { expandStudy, parseStudy } from '../../learning/index.js';
import { killAll, run, runJson, start, until } from './command.js';
import { serialDigest, temporaryFolder } from './configurations.js';

afterEach(killAll);

const base = {
  task: { name: 'in-context-regression' },
  optimizer: { name: 'adamw', learningRate: 0.005 },
  training: { steps: 60, microbatchSize: 64, microbatches: 1, checkpointEvery: 20, keepCheckpoints: 1, digestEvery: 10 },
  evaluation: { every: 20, sequences: 64 },
  coordination: { contributionLog: false },
};
const models = [{ name: 'gated-rnn', hidden: 6 }, { name: 'linear-attention' }];
const quick = { name: 'in-context-regression-quick', base, grid: { model: models, seed: [0, 1] } };

/** A folder of study files as experiments/ is, with only these. */
function writeStudies(files: Readonly<Record<string, object>>): { readonly studies: string; readonly out: string } {
  const folder = temporaryFolder();
  const studies = join(folder, 'experiments');
  mkdirSync(join(studies, 'in-context-regression'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(studies, 'in-context-regression', name), JSON.stringify(content));
  }
  return { studies, out: join(folder, 'out') };
}

const runsOf = (result: Readonly<Record<string, unknown>>) => result['runs'] as readonly Record<string, unknown>[];

describe('starling reproduce', () => {
  it('trains what is missing, measures it, and writes page, numbers and text, labelled as quick', async () => {
    const { studies, out } = writeStudies({ 'study-quick.yaml': quick });
    const args = ['reproduce', 'E3', '--quick', '--studies', studies, '--out', out, '--threads', '2', '--quiet'];
    const result = await runJson(args);
    const configurations = expandStudy(parseStudy(quick)).map(({ config }) => config);
    expect(runsOf(result).map((one) => one['parametersSha256'])).toEqual(
      configurations.map((config) => serialDigest(config, wasmBackend)),
    );
    const folder = join(out, 'e3-quick');
    expect(result).toMatchObject({ experiment: 'E3', isQuick: true, folder });
    for (const file of ['report.html', 'results.md']) expect(readFileSync(join(folder, file), 'utf8')).toContain('QUICK');
    const table = result['table'] as readonly { readonly quantity: string; readonly ours?: unknown; readonly verdict: string }[];
    expect(table.find(({ quantity }) => quantity.startsWith('Eq. 2, W* of variance 1/3'))).toMatchObject({
      ours: { values: { length: 2 } },
      verdict: 'contradicted',
    });
    expect(existsSync(join(folder, 'figures', 'what-an-example-counts.svg'))).toBe(true);

    const measured = join(folder, 'measurements', 'in-context-regression-quick-model-gated-rnn_seed-0.json');
    const before = statSync(measured).mtimeMs;
    const again = await runJson(args);
    expect(runsOf(again)).toEqual(runsOf(result));
    expect(statSync(measured).mtimeMs).toBe(before);
  });

  it('records what is unfinished, and continues it elsewhere with the same bits', async () => {
    const long = {
      ...base,
      training: { ...base.training, steps: 20_000, checkpointEvery: 500 },
      evaluation: { every: 7000, sequences: 64 },
    };
    const study = { name: 'in-context-regression', base: { ...long, model: models[0] }, grid: { seed: [3] } };
    const none = { name: 'in-context-regression-sizes', base: { ...base, model: models[1] }, grid: { seed: [3] } };
    const rates = { ...none, name: 'in-context-regression-rates' };
    const { studies, out } = writeStudies({ 'study.yaml': study, 'sizes.yaml': none, 'rates.yaml': rates });
    const command = ['reproduce', 'E3', '--studies', studies, '--threads', '1', '--quiet'];
    const first = start([...command, '--out', out]);
    const checkpoints = join(out, 'in-context-regression', 'seed-3', 'checkpoints');
    await until('the run has a checkpoint', () =>
      existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.endsWith('.safetensors')) ? true : undefined,
    );
    first.process.kill('SIGINT');
    expect(await first.finished).toMatchObject({ exitCode: 4, stderr: /The same command goes on/ });

    const shown = await runJson([...command, '--out', out, '--measure-only', '--record']);
    const [stopped] = runsOf(shown);
    expect(stopped).toMatchObject({ outcome: 'unfinished' });
    expect(shown['studies']).toMatchObject([
      { completedCount: 0, unfinished: { length: 1 } },
      { runCount: 1, completedCount: 0 },
      {},
    ]);
    const packed = join(studies, 'results', 'e3', 'unfinished', 'in-context-regression-seed-3');
    expect(existsSync(join(packed, 'trajectory.jsonl.gz'))).toBe(true);
    expect(readFileSync(join(studies, 'results', 'README.md'), 'utf8')).toContain('## E3: in-context linear regression');

    const elsewhere = join(out, '..', 'elsewhere');
    const continued = await start([...command, '--out', elsewhere, '--record', '--json']).finished;
    expect(continued.stderr).toContain('Continuing in-context-regression/seed-3 from its recorded checkpoint.');
    const result = JSON.parse(continued.stdout) as Readonly<Record<string, unknown>>;
    const [config] = expandStudy(parseStudy(study)).map((one) => one.config);
    expect(runsOf(result)[0]).toMatchObject({ outcome: 'completed', parametersSha256: serialDigest(config!, wasmBackend) });
    const ended = JSON.parse(readFileSync(join(elsewhere, 'in-context-regression', 'seed-3', 'result.json'), 'utf8')) as object;
    expect(ended).toMatchObject({ continuedFromStep: stopped?.['step'] });
    expect(existsSync(packed)).toBe(false);
    expect(existsSync(join(studies, 'results', 'e3', 'parameters', 'in-context-regression-seed-3.safetensors'))).toBe(true);

    // What is recorded is not trained again where it need not be; what the record lacks is.
    writeFileSync(join(studies, 'in-context-regression', 'sizes.yaml'), JSON.stringify({ ...none, grid: { seed: [3, 4] } }));
    const third = join(out, '..', 'third');
    const more = await runJson([...command, '--out', third, '--use-recorded', '--record']);
    expect(readdirSync(third).toSorted()).toEqual(['e3', 'in-context-regression-sizes']);
    expect(readdirSync(join(third, 'in-context-regression-sizes')).filter((name) => name.startsWith('seed'))).toEqual(['seed-4']);
    const recorded = { software: result['software'], time: result['time'], machine: result['machine'] };
    expect(runsOf(more)).toEqual([
      ...runsOf(result).map((one) => ({ ...one, recorded })),
      expect.objectContaining({ name: 'in-context-regression-sizes/seed-4', outcome: 'completed' }),
    ]);
    expect(readFileSync(join(studies, 'results', 'README.md'), 'utf8')).toContain('2 of the 3 runs are as recorded by ');
    expect(existsSync(join(studies, 'results', 'e3', 'parameters', 'in-context-regression-seed-3.safetensors'))).toBe(true);
  });

  it('refuses what it does not know, and writes nothing', async () => {
    const { studies, out } = writeStudies({ 'study-quick.yaml': { ...quick, grid: { 'model.hidden': [0] } } });
    const refusals = [
      [['E9', '--out', out], 'experiment E9 found, one of E1, E2, E3'],
      [['E3', '--quick', '--record', '--out', out], 'Cannot record: --quick found'],
      [['E3', '--quick', '--use-recorded', '--out', out], 'Cannot use what is recorded: --quick found'],
      [['E3', '--quick', '--studies', studies, '--out', out], 'model.name: nothing found'],
      [['E3', '--studies', studies, '--out', out], 'study.yaml: ENOENT found, a readable YAML file wanted'],
      [['E3', '--threads', '0', '--out', out], 'A whole number of 1 to 1024 is wanted'],
    ] as const;
    for (const [args, message] of refusals) {
      const refused = await run(['reproduce', ...args]);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toContain(message);
    }
    expect(existsSync(out)).toBe(false);
  });
});
