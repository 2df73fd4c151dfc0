// A live page as one file: its scripts, its styles and the last state of its run or study within it. It opens from a disk, without a network,
// and its policy lets it run nothing but what was put in it.

import { createHash } from 'node:crypto';
import type { LiveSnapshot, StudySnapshot } from '../../protocol/index.js';
import { replaceFile, type Disk } from '../store/index.js';
import type { StaticFiles } from './static-files.js';

/** The name of the file in the run's folder. */
export const reportName = 'report.html';

/** The name of the file in a study's folder. */
export const studyReportName = 'study.html';

/** The page with a state in it; undefined where there is no page. */
export function reportOf(files: StaticFiles, snapshot: LiveSnapshot | StudySnapshot): string | undefined {
  const page = files.get('index.html')?.content.toString('utf8');
  if (page === undefined) return undefined;
  const [scripts, styles]: [string[], string[]] = [[], []];
  const textOf = (path: string): string => files.get(path.replace(/^\.\//, ''))?.content.toString('utf8') ?? '';
  const inlined = page
    .replaceAll(/<script\b[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g, (_, path: string) => {
      // In a script, what would end its element can only be part of a string.
      const script = textOf(path).replaceAll(/<\/(script)/gi, '<\\/$1');
      scripts.push(script);
      return `<script type="module">${script}</script>`;
    })
    .replaceAll(/<link\b[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"[^>]*>/g, (_, path: string) => {
      const style = textOf(path);
      styles.push(style);
      return `<style>${style}</style>`;
    })
    .replaceAll(/\s*<link\b[^>]*\brel="icon"[^>]*>/g, '');
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(digestOf).join(' ')}`,
    `style-src ${styles.map(digestOf).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // What is added comes first, so that its script finds it, and the policy before everything that it covers.
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
  const data = JSON.stringify(snapshot).replaceAll('<', String.raw`\u003c`);
  const state = `<script type="application/json" id="saved">${data}</script>`;
  return inlined
    .replace('<meta charset="utf-8" />', (found) => found + head)
    .replace('<div id="page">', (found) => state + found);
}

/** Writes the page with a state in it, where there is a page. */
export async function writeReport(
  disk: Disk,
  file: string,
  { files, snapshot }: { readonly files: StaticFiles; readonly snapshot: LiveSnapshot | StudySnapshot },
): Promise<void> {
  const report = reportOf(files, snapshot);
  if (report !== undefined) await replaceFile(disk, file, Buffer.from(report));
}

const digestOf = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
