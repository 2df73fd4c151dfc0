// The worked example, examples/memory-plugin.js, with the real command: what workers get of a plugin are programs, and a run
// remembers what it was made with.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killAll, repository, run, runJson, until } from './command.js';
import { temporaryFolder } from './configurations.js';
import { serve, statusOf } from './served-run.js';

const example = join(repository, 'examples', 'memory-plugin.js');
const configuration = {
  name: 'remember',
  seed: 3,
  task: { name: 'memory/delayed-copy', symbols: 2, vocabulary: 3, delay: 2 },
  model: { name: 'memory/minimal-gated-unit', hidden: 24 },
  optimizer: { name: 'adamw', learningRate: 0.01 },
  training: { steps: 300, microbatches: 4, microbatchSize: 16, checkpointEvery: 100, keepCheckpoints: 10 },
  evaluation: { sequences: 1024 },
};

type BackendName = 'wasmBackend' | 'interpreter';

/** Computes the run in one thread and without coordinator, with the package as authors have it: the digest that every other way must end with. */
function serialDigests(plugin: string, config: object, backends: readonly BackendName[]): readonly string[] {
  const script = `
    import { createHash } from 'node:crypto';
    import { wasmBackend } from 'starling/backends';
    import { buildPlan, parseRunConfig, registryOf, trainSerially } from 'starling/learning';
    import { interpreter } from 'starling/tensor';
    const registry = registryOf([{ file: 'memory-plugin.js', sha256: '', exports: await import(${JSON.stringify(plugin)}) }]);
    const plan = buildPlan(parseRunConfig(${JSON.stringify(config)}, registry.schema), registry);
    const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const last = (backend) => [...trainSerially(plan, backend, sha256)].at(-1).parametersSha256;
    console.log(JSON.stringify([${backends.join()}].map(last)));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: repository,
    encoding: 'utf8',
  });
  return JSON.parse(printed) as readonly string[];
}

const serialDigest = (plugin: string, config: object): string | undefined => serialDigests(plugin, config, ['wasmBackend'])[0];

/** A folder with a configuration, a copy of the example that may be changed, and the package installed beside it. */
function authorsFolder(config: object = configuration): {
  readonly folder: string;
  readonly file: string;
  readonly plugin: string;
} {
  const folder = temporaryFolder();
  const [file, plugin] = [join(folder, 'run.yaml'), join(folder, 'memory-plugin.js')];
  writeFileSync(file, JSON.stringify(config));
  cpSync(example, plugin);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules', 'starling'));
  return { folder, file, plugin };
}

function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replaceAll(from, to));
}

const sha256Of = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

afterEach(killAll);

describe('the worked example', () => {
  it('passes the checks that stand beside it', () => {
    const test = join(repository, 'examples', 'memory-plugin.test.js');
    const printed = execFileSync(process.execPath, ['--test', '--test-reporter=tap', test], { encoding: 'utf8' });
    expect(printed).toMatch(/^# pass 5$/m);
    expect(printed).toMatch(/^# fail 0$/m);
  });

  it('is trained by a worker that has never seen it, to the bits of the serial trainer, and learns', async () => {
    const { folder, file } = authorsFolder();
    const out = join(folder, 'run');
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--plugin', example, '--json']);
    expect(await run(['worker', address, '--threads', '2'])).toMatchObject({ exitCode: 0 });
    const result = JSON.parse((await command.finished).stdout) as Readonly<Record<string, unknown>>;
    const parametersSha256 = serialDigest(example, configuration);
    expect(result).toMatchObject({ outcome: 'completed', steps: 300, parametersSha256 });
    expect(result['testLoss']).toBeLessThan(0.1 * Number(result['initialTestLoss']));
    const manifest = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Readonly<Record<string, unknown>>;
    expect(manifest['plugins']).toEqual([{ name: 'memory', file: 'memory-plugin.js', sha256: sha256Of(example) }]);
  });

  it('has the same bits on the interpreter and in WebAssembly', () => {
    const short = { ...configuration, training: { ...configuration.training, steps: 5 } };
    const [onWasm, onInterpreter] = serialDigests(example, short, ['wasmBackend', 'interpreter']);
    expect(onWasm).toMatch(/^[0-9a-f]{64}$/);
    expect(onWasm).toBe(onInterpreter);
  });

  it('is stopped and resumed to the same bits', async () => {
    const { folder, file, plugin } = authorsFolder();
    const out = join(folder, 'run');
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--plugin', plugin]);
    const worker = run(['worker', address, '--threads', '1']);
    await until('some steps are done', async () => (((await statusOf(address))?.step ?? 0) >= 20 ? true : undefined));
    command.process.kill('SIGINT');
    const stopped = await command.finished;
    expect(stopped.exitCode).toBe(4);
    expect(stopped.stderr).toContain(`npx starling resume ${out} --plugin ${plugin}`);
    const resumed = await runJson(['resume', out, '--plugin', plugin, '--threads', '1', '--port', '0']);
    expect(resumed).toMatchObject({
      outcome: 'completed',
      steps: 300,
      parametersSha256: serialDigest(plugin, configuration),
    });
    await worker;
  });

  it('has its place in a study, beside a model of this package', async () => {
    const { folder } = authorsFolder();
    const file = join(folder, 'study.yaml');
    const { seed, task, model, optimizer, training, evaluation } = configuration;
    const base = { seed, task, optimizer, evaluation, training: { ...training, steps: 10 } };
    writeFileSync(file, JSON.stringify({ name: 'both', base, grid: { model: [model, { name: 'gru', hidden: 8 }] } }));
    const result = await runJson(['study', file, '--out', join(folder, 'out'), '--plugin', example, '--threads', '1']);
    const rows = result['runs'] as readonly Record<string, unknown>[];
    expect(rows.map((row) => row['outcome'])).toEqual(['completed', 'completed']);
    const name = 'both/model-memory-minimal-gated-unit';
    expect(rows[0]).toMatchObject({ run: name, parametersSha256: serialDigest(example, { ...base, name, model }) });
  });
});

describe('a run of a plugin', () => {
  let trained: ReturnType<typeof authorsFolder> & { readonly out: string };

  beforeAll(async () => {
    const author = authorsFolder({ ...configuration, training: { ...configuration.training, steps: 20, checkpointEvery: 10 } });
    trained = { ...author, out: join(author.folder, 'run') };
    await runJson(['train', trained.file, '--out', trained.out, '--plugin', trained.plugin, '--threads', '1']);
  });

  /** The plugin with another text in it. */
  function changedPlugin(from: string, to: string): string {
    const { plugin } = authorsFolder();
    change(plugin, from, to);
    return plugin;
  }

  it.each(['resume', 'verify', 'analyze', 'export'])('is not read by `starling %s` without it', async (command) => {
    const out = command === 'export' ? ['--out', join(trained.folder, 'out.safetensors')] : [];
    const refused = await run([command, trained.out, ...out]);
    expect(refused.exitCode).toBe(2);
    const wanted = `--plugin with memory wanted (it was memory-plugin.js, SHA-256 ${sha256Of(trained.plugin)}) [plugin-absent]`;
    expect(refused.stderr).toBe(`Cannot read run ${trained.out}: no --plugin found, ${wanted}\n`);
  });

  it('is read by them with it, and nothing is warned of', async () => {
    const plugin = ['--plugin', trained.plugin];
    expect((await runJson(['verify', trained.out, ...plugin]))['verdict']).toBe('confirmed');
    const exported = await runJson(['export', trained.out, '--out', join(trained.folder, 'out.safetensors'), ...plugin]);
    expect(exported).toMatchObject({ step: 20 });
    const analyzed = await run(['analyze', trained.out, '--quiet', ...plugin]);
    expect(analyzed).toMatchObject({ exitCode: 0, stderr: '' });
    const resumed = await run(['resume', trained.out, '--quiet', ...plugin]);
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('stays what it is where the file has changed and its programs have not, with a warning', async () => {
    const plugin = changedPlugin('// @ts-check', '// checked elsewhere');
    const verified = await run(['verify', trained.out, '--plugin', plugin, '--quiet']);
    expect(verified.exitCode).toBe(0);
    expect(verified.stdout).toContain('Confirmed');
    const digests = `SHA-256 ${sha256Of(plugin)} found, ${sha256Of(trained.plugin)} then`;
    expect(verified.stderr).toBe(
      `Warning: the run was made with another file of plugin memory: ${digests}. It gives the same programs, so the run stays what it is.\n`,
    );
  });

  it.each([
    [
      'another equation',
      'builder.subtract(1, f), h)',
      'builder.subtract(1, f), c)',
      /plugin memory now gives train program .*SHA-256/,
    ],
    [
      'another option',
      'symbols: z.int()',
      'letters: z.int()',
      /task\.symbols: an unknown key found.*another file of plugin memory/,
    ],
  ])('is refused where the file has %s', async (_, from, to, message) => {
    const plugin = changedPlugin(from, to);
    const before = readFileSync(join(trained.out, 'result.json'), 'utf8');
    for (const command of ['verify', 'resume']) {
      const refused = await run([command, trained.out, '--plugin', plugin]);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toMatch(message);
      expect(refused.stderr).toContain('[plugin-different]');
    }
    expect(readFileSync(join(trained.out, 'result.json'), 'utf8')).toBe(before);
  });

  it('says which plugin is wanted where another one is named', async () => {
    const { plugin } = authorsFolder();
    for (const quote of ["'", ''])
      change(plugin, `${quote}memory${quote === '' ? '/' : "'"}`, `${quote}other${quote === '' ? '/' : "'"}`);
    const refused = await run(['verify', trained.out, '--plugin', plugin]);
    expect(refused.stderr).toContain('--plugin of other alone found, --plugin with memory wanted');
  });

  it('is bisected without any code of it', async () => {
    const { file, plugin, folder } = authorsFolder({ ...configuration, training: { ...configuration.training, steps: 20 } });
    change(plugin, '// @ts-check', '// checked elsewhere');
    const other = join(folder, 'run');
    await runJson(['train', file, '--out', other, '--plugin', plugin, '--threads', '1', '--set', 'training.checkpointEvery=10']);
    const report = await runJson(['bisect', trained.out, other]);
    expect(report).toMatchObject({ verdict: 'equal' });
    expect(report['differences']).toEqual([{ path: 'plugins.memory.sha256', a: sha256Of(trained.plugin), b: sha256Of(plugin) }]);
  });
});

describe('--plugin', () => {
  const write = (folder: string, text: string): string => {
    const file = join(folder, 'mine.js');
    writeFileSync(file, text);
    return file;
  };

  it.each([
    [
      'text that is no JavaScript',
      'export const plugin = {\n  name: ,\n};',
      /Unexpected token ',' found, a JavaScript module wanted \(node --check shows the line\)/,
    ],
    [
      'a module that throws',
      "\nthrow new Error('out of cheese');",
      /Error: out of cheese in line 2 found, a module that loads without errors wanted/,
    ],
    [
      'a module that imports nothing there is',
      "import './gone.js';",
      /an import that leads nowhere found \(.*gone\.js.*\), modules that exist wanted/,
    ],
    ['a module without plugin', 'export const models = [];', /export models found, an export named plugin wanted/],
    ['a plugin of another shape', "export const plugin = { name: 'mine', models: 3 };", /plugin\.models: 3 found, a list wanted/],
    [
      'a plugin that takes the name of a model of this package',
      "import { defineModel, z } from 'starling/learning';\nexport const plugin = { name: 'mine', models: [defineModel({ name: 'gru', schema: z.strictObject({ name: z.literal('gru') }), parameters: () => [], apply: () => 0 })] };",
      /plugin\.models\[0\]\.name: "gru" found, mine\/ and words/,
    ],
  ])('refuses %s, and makes no run', async (_, text, message) => {
    const { folder, file } = authorsFolder();
    const plugin = write(folder, text);
    const out = join(folder, 'run');
    const refused = await run(['train', file, '--plugin', plugin, '--out', out]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^Cannot load plugin .*mine\.js: .*\[plugin-invalid\]$/),
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a file that is not there, and one that is no module', async () => {
    const { folder, file } = authorsFolder();
    const gone = await run(['train', file, '--plugin', join(folder, 'gone.js')]);
    expect(gone.stderr).toMatch(
      /Cannot load plugin .*gone\.js: ENOENT found, a readable JavaScript module wanted \[plugin-invalid\]/,
    );
    const text = await run(['train', file, '--plugin', file]);
    expect(text.stderr).toMatch(/Cannot load plugin .*run\.yaml: Unknown file extension "\.yaml".*\[plugin-invalid\]/);
  });

  it('tells an author who has not installed the package beside the plugin', async () => {
    const folder = temporaryFolder();
    const plugin = write(folder, "import { z } from 'starling/learning';\nexport const plugin = z;");
    const refused = await run(['train', '--plugin', plugin]);
    expect(refused.stderr).toMatch(
      /no package starling found from its folder, one wanted: npm install or npm link it there \[plugin-invalid\]/,
    );
  });

  it.each([
    [
      'throws in its model',
      'builder.sigmoid(',
      'builder.logistic(',
      /apply\(\) threw at memory-plugin\.js:\d+: TypeError: builder\.logistic is not a function \[plugin-failed\]/,
    ],
    [
      'multiplies what does not fit',
      'weight(`${prefix}.readout`, outputs, hidden)',
      'weight(`${prefix}.readout`, outputs, 1)',
      /\(apply\(\) of memory\/minimal-gated-unit, memory-plugin\.js:\d+\) \[program-shape\]/,
    ],
  ])('refuses a plugin that %s with its line, and makes no run', async (_, from, to, message) => {
    const { folder, file, plugin } = authorsFolder();
    change(plugin, from, to);
    const out = join(folder, 'run');
    const refused = await run(['train', file, '--plugin', plugin, '--out', out]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a program over the limits of workers, and makes no run', async () => {
    const { folder, file } = authorsFolder();
    const out = join(folder, 'run');
    const huge = ['--set', 'model.hidden=4096', '--set', 'task.delay=3000'];
    const refused = await run(['train', file, '--plugin', example, '--out', out, ...huge]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/Cannot accept program: \w+ \d+ found, at most \d+ wanted \[program-over-limit\]/);
    expect(existsSync(out)).toBe(false);
  });

  it('is missed where a configuration names a model of one', async () => {
    const { file } = authorsFolder();
    const refused = await run(['train', file]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/task\.name|model\.name/);
    expect(refused.stderr).toContain('(or a --plugin that has it) wanted');
  });
});
