import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { architectures } from '../../experiments/architectures/experiment.js';
import { recall } from '../../experiments/recall/experiment.js';
import { expandStudy, parseStudy, type StudyRun } from '../../learning/index.js';

const root = fileURLToPath(new URL('../../experiments', import.meta.url));
const folders = ['architectures', 'recall'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`),
);
const runsOf = (file: string): readonly StudyRun[] => expandStudy(parseStudy(parse(readFileSync(join(root, file), 'utf8'))));
const listed = [architectures, recall].flatMap(({ studies }) => studies.map(({ file }) => file));

describe('the studies of E4 and E5', () => {
  it('are all listed, but for those of the full size', () => {
    const unlisted = files.filter((file) => !listed.includes(file) && !file.endsWith('/quick.yaml'));
    expect(unlisted.every((file) => file.includes('/full'))).toBe(true);
    expect(listed.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('have one budget within an experiment and task, and the longer ones of a task another', () => {
    const budgets = new Map<string, Set<string>>();
    for (const { config } of listed.flatMap(runsOf)) {
      const { steps, microbatchSize, microbatches } = config.training;
      const task = `${config.task.name}${config.name.includes('-longer/') ? ', longer' : ''}`;
      budgets.set(task, (budgets.get(task) ?? new Set()).add(`${steps} × ${microbatchSize * microbatches}`));
    }
    expect(Object.fromEntries([...budgets].map(([task, own]) => [task, [...own]]))).toEqual({
      'attention-teacher': ['3000 × 128'],
      'attention-teacher, longer': ['12000 × 128'],
      'in-context-regression': ['3000 × 128'],
      'in-context-regression, longer': ['12000 × 128'],
      'associative-recall': ['3000 × 64'],
      'multi-query-recall': ['2000 × 32'],
      'induction-heads': ['3000 × 64'],
    });
  });

  it('never train the same run twice', () => {
    const keys = listed
      .flatMap(runsOf)
      .map(({ config: { seed, model, task, optimizer, training } }) =>
        JSON.stringify([seed, model, task, optimizer, training.steps]),
      );
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });
});
