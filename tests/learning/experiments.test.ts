import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildPlan, evaluateSerially, expandStudy, parseRunConfig, parseStudy, type RunConfig } from '../../learning/index.js';
import { createWasmBackend } from '../../backends/wasm/index.js';

const root = fileURLToPath(new URL('../../experiments', import.meta.url));
const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const contentOf = (file: string): unknown => parse(readFileSync(join(root, file), 'utf8'));
const isStudy = (file: string): boolean => Object.hasOwn(contentOf(file) as object, 'base');
const files = all.filter((file) => !isStudy(file));
const studies = all.filter(isStudy);
const configOf = (file: string): RunConfig => parseRunConfig(contentOf(file));

const planned = new Set<string>();

/** Fails where a run has no plan. Of runs of one program one has to have it, in whatever file: seeds and learning rates change none. */
function expectPlan(config: RunConfig): void {
  const { task, model, optimizer, training } = config;
  const name = JSON.stringify([task, model, optimizer.name, training.clip, training.curriculum]);
  if (planned.has(name)) return;
  expect(buildPlan(config).stepCount).toBeGreaterThan(0);
  planned.add(name);
}

describe('experiments', () => {
  it.each(files)('%s is a configuration with a plan', (file) => {
    expectPlan(configOf(file));
  });

  it.each(studies)('%s is a study of runs with plans, and says so where it is quick', (file) => {
    const study = parseStudy(contentOf(file));
    expect(study.name.endsWith('-quick')).toBe(file.includes('quick'));
    for (const { config } of expandStudy(study)) expectPlan(config);
  });

  it.each(['in-context-regression/gated-rnn.yaml', 'in-context-regression/linear-attention.yaml'])(
    '%s starts from a loss of at least 0.45 and is judged on at least 200,000 sequences',
    (file) => {
      const config = configOf(file);
      expect(config.evaluation.sequences).toBeGreaterThanOrEqual(200_000);
      const plan = buildPlan({ ...config, evaluation: { ...config.evaluation, sequences: 8192 } });
      expect(evaluateSerially(plan, createWasmBackend(), plan.parameters.initial).testLoss).toBeGreaterThanOrEqual(0.45);
    },
  );
});
