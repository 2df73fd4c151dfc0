// House-keeping of the documents: nothing missing, no link into the void.

import path from 'node:path';

import { expect, test } from 'vitest';

import { errorCodes, messageTypes } from '../../protocol/index.js';
import { errorCodesOf } from './error-codes.js';
import { allPaths, contentOf, textFiles, topLevelFolders } from './repository.js';

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
  const numbers = records.map((record) => record.slice(0, 3));
  expect(new Set(numbers).size).toBe(numbers.length);
  const listed = [...list.matchAll(/^- \[(\d{3}): /gm)].map((match) => match[1]);
  expect(listed).toEqual([...numbers].sort());
});

test('ARCHITECTURE.md names every top-level folder', () => {
  const map = contentOf('ARCHITECTURE.md');
  expect(topLevelFolders.filter((folder) => !map.includes(`${folder}/`))).toEqual([]);
});

test('docs/protocol.md names every message and every error code of the protocol', () => {
  const protocol = contentOf('docs/protocol.md');
  expect([...messageTypes, ...errorCodes].filter((name) => !protocol.includes(`\`${name}\``))).toEqual([]);
});

test('every error code is documented', () => {
  const documented = documents.filter((file) => file.path.startsWith('docs/')).map((file) => file.content);
  const codes = textFiles.filter((file) => file.path.endsWith('.ts')).flatMap(errorCodesOf);
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => !documented.some((content) => content.includes(`\`${code}\``)))).toEqual([]);
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
