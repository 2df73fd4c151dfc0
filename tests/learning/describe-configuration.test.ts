import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationTable, describeConfiguration } from '../../learning/index.js';

describe('describeConfiguration()', () => {
  it('describes every field', () => {
    expect(describeConfiguration().filter(({ description }) => description === '')).toEqual([]);
  });

  it('names fields by their path, variants in parentheses', () => {
    const byPath = new Map(describeConfiguration().map((field) => [field.path, field]));
    expect(byPath.get('model (gated-rnn).hidden')).toMatchObject({ type: 'integer, 1 to 4096', default: '80' });
    expect(byPath.get('training.microbatchSize')).toMatchObject({ type: 'integer, 8 to 4096, multiple of 8', default: '64' });
    expect(byPath.get('optimizer (sgd).schedule')?.type).toBe('`constant` or `linear` or `cosine`');
  });

  it('names what is in the groups of a list', () => {
    const byPath = new Map(describeConfiguration().map((field) => [field.path, field]));
    expect(byPath.get('training.curriculum')?.type).toBe('list of groups');
    expect(byPath.get('training.curriculum[].fromStep')?.type).toBe('integer, 0 to 1000000000');
    expect(byPath.get('training.curriculum[].task')).toMatchObject({ type: 'fields', default: '{}' });
    expect(byPath.get('training.curriculum[].grow.every')).toBeDefined();
  });

  it('agrees with docs/configuration.md', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    // The formatter pads the page's table.
    const compact = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ');
    expect(compact(page)).toContain(compact(configurationTable()));
  });
});
