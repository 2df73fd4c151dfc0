import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  buildPlan,
  evaluateSerially,
  expandStudy,
  parseRunConfig,
  parseStudy,
  type RunConfig,
  type StudyRun,
} from '../../learning/index.js';
import { createWasmBackend } from '../../backends/wasm/index.js';

const root = fileURLToPath(new URL('../../experiments', import.meta.url));
const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const contentOf = (file: string): unknown => parse(readFileSync(join(root, file), 'utf8'));
const isStudy = (file: string): boolean => Object.hasOwn(contentOf(file) as object, 'base');
const files = all.filter((file) => !isStudy(file));
const studies = all.filter(isStudy);
const configOf = (file: string): RunConfig => parseRunConfig(contentOf(file));

/** One run for each program: seeds and learning rates change none. */
function distinctPlans(runs: readonly StudyRun[]): readonly RunConfig[] {
  const nameOf = ({ task, model, training }: RunConfig): string => JSON.stringify([task, model, training.curriculum]);
  return [...new Map(runs.map(({ config }) => [nameOf(config), config])).values()];
}

describe('experiments', () => {
  it.each(files)('%s is a configuration with a plan', (file) => {
    expect(buildPlan(configOf(file)).stepCount).toBeGreaterThan(0);
  });

  it.each(studies)('%s is a study of runs with plans, and says so where it is quick', (file) => {
    const study = parseStudy(contentOf(file));
    expect(study.name.endsWith('-quick')).toBe(file.includes('quick'));
    for (const config of distinctPlans(expandStudy(study))) expect(buildPlan(config).stepCount).toBeGreaterThan(0);
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
