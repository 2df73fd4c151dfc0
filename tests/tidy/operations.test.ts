// docs/operations.md promises nothing, and docs/security.md bounds nothing, without a test that shows it.

import path from 'node:path';
import { expect, test } from 'vitest';
import { servingLimits } from '../../coordinator/shell/limits.js';
import { contentOf } from './repository.js';

/** The rows of a document's table under a heading, without the head; each row in cells. */
function rowsOf(document: string, heading: string): readonly (readonly string[])[] {
  const section = contentOf(document).split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) =>
    line
      .split(/\s*\|(?:\s+|$)/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test.each([
  ['docs/operations.md', 'Scenarios', 30],
  ['docs/security.md', 'Limits', 12],
])('every row of %s, %s, names a test that exists', (document, heading, least) => {
  const rows = rowsOf(document, heading);
  expect(rows.length).toBeGreaterThan(least);
  const wrong: string[] = [];
  for (const cells of rows) {
    const [subject = '', tests = ''] = [cells[0], cells.at(-1)];
    const named = [...tests.matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)];
    if (named.length === 0) wrong.push(`${subject}: no test`);
    for (const [, title = '', target = ''] of named) {
      const file = path.posix.join(path.posix.dirname(document), target);
      if (!titlesOf(contentOf(file)).includes(title)) wrong.push(`${subject}: ${file} has no test '${title}'`);
    }
  }
  expect(wrong).toEqual([]);
});

test('docs/security.md lists every limit of the server with its value', () => {
  const listed = rowsOf('docs/security.md', 'Limits').map(([name, value]) => [name, value]);
  expect(listed).toEqual(Object.entries(servingLimits).map(([name, value]) => [`\`${name}\``, `${value}`]));
});

/** The titles of a file's tests, as they are written in it: first arguments of test(), it() and what they return. */
function titlesOf(content: string): readonly string[] {
  return [...content.matchAll(/^\s*(?:(?:test|it)\b.*?\(|\]\)\(|\()?\s*'((?:[^'\\]|\\.)+)',/gm)].map((match) => match[1] ?? '');
}
