// docs/operations.md promises nothing without a test that shows it.

import path from 'node:path';
import { expect, test } from 'vitest';
import { contentOf } from './repository.js';

const document = 'docs/operations.md';
const rows = contentOf(document)
  .split('\n## Scenarios\n')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2);

test('every scenario of docs/operations.md names a test that exists', () => {
  expect(rows.length).toBeGreaterThan(30);
  const wrong: string[] = [];
  for (const row of rows) {
    const [, scenario = '', , tests = ''] = row.split(/\s*\|\s+/);
    const named = [...tests.matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)];
    if (named.length === 0) wrong.push(`${scenario}: no test`);
    for (const [, title = '', target = ''] of named) {
      const file = path.posix.join(path.posix.dirname(document), target);
      if (!titlesOf(contentOf(file)).includes(title)) wrong.push(`${scenario}: ${file} has no test '${title}'`);
    }
  }
  expect(wrong).toEqual([]);
});

/** The titles of a file's tests, as they are written in it: first arguments of test(), it() and what they return. */
function titlesOf(content: string): readonly string[] {
  return [...content.matchAll(/^\s*(?:(?:test|it)\b.*?\(|\]\)\(|\()?\s*'((?:[^'\\]|\\.)+)',/gm)].map((match) => match[1] ?? '');
}
