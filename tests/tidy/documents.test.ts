// House-keeping of the documents: nothing missing, no link into the void.

import path from 'node:path';

import { expect, test } from 'vitest';

import { allPaths, contentOf, textFiles } from './repository.js';

const documents = textFiles.filter((file) => file.path.endsWith('.md'));

test('every relative link resolves', () => {
  const broken: string[] = [];
  for (const { path: file, content } of documents) {
    for (const target of linkTargets(content)) {
      const [destination = '', heading] = target.split('#');
      const resolved = destination === '' ? file : path.posix.join(path.posix.dirname(file), destination).replace(/\/$/, '');
      const exists = resolved === '.' || allPaths.includes(resolved);
      const found = exists && (heading === undefined || headingAnchors(contentOf(resolved)).includes(heading));
      if (!found) broken.push(`${file}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('the list of decisions names every record', () => {
  const records = allPaths
    .filter((file) => /^docs\/decisions\/\d{3}-.*\.md$/.test(file))
    .map((file) => path.posix.basename(file));
  const list = contentOf('docs/decisions/README.md');
  expect(records.filter((record) => !list.includes(`(${record})`))).toEqual([]);
  expect(records.map((record) => record.slice(0, 3))).toEqual(records.map((_, index) => String(index + 1).padStart(3, '0')));
});

/** The targets of a document's links and pictures that lie in the repository. */
function linkTargets(markdown: string): string[] {
  const prose = markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as the usual renderers make them. */
function headingAnchors(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => match[1] ?? '');
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}
