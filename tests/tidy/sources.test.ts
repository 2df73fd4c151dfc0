// House-keeping of the sources: size, names, comments.

import ts from 'typescript';
import { expect, test } from 'vitest';

import { allPaths, textFiles, topLevelFolders, type TextFile } from './repository.js';

const maximumLines = 350;
const sources = textFiles.filter((file) => /\.tsx?$/.test(file.path));
const documented = sources.filter((file) => !file.path.startsWith('tests/') && !file.path.endsWith('.d.ts'));

test('a TypeScript file is short', () => {
  const lineCount = ({ content }: TextFile): number => content.split('\n').length - 1;
  const long = sources.filter((file) => lineCount(file) > maximumLines).map((file) => `${file.path}: ${lineCount(file)} lines`);
  expect(long).toEqual([]);
});

test('no file has an open end', () => {
  const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
  expect(textFiles.filter((file) => marks.test(file.content)).map((file) => file.path)).toEqual([]);
});

test('no file names a place on the machine where it was written', () => {
  const places = new RegExp(['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/\\w', 'C:\\\\Us' + 'ers'].join('|'));
  expect(textFiles.filter((file) => places.test(file.content)).map((file) => file.path)).toEqual([]);
});

test('no name says that its author did not know where a thing belongs', () => {
  const vague = /(^|[/.-])(utils?|helpers?|common|misc)([/.-]|$)/;
  expect(allPaths.filter((file) => vague.test(file))).toEqual([]);
});

test('names are in kebab case', () => {
  const kebab = /^[a-z0-9]+([.-][a-z0-9]+)*$/;
  const names = allPaths.filter((file) => topLevelFolders.some((folder) => file.startsWith(`${folder}/`)));
  expect(names.filter((file) => !file.split('/').every((part) => kebab.test(part) || part === 'README.md'))).toEqual([]);
});

test('every export has a docstring', () => {
  expect(documented.flatMap(exportsWithoutDocstring)).toEqual([]);
});

function exportsWithoutDocstring(file: TextFile): string[] {
  const source = ts.createSourceFile(file.path, file.content, ts.ScriptTarget.ES2023, true);
  const names: string[] = [];
  for (const statement of source.statements) {
    const declares =
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isVariableStatement(statement);
    const isExported = declares && (statement.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    const name = isExported ? nameOf(statement) : '';
    // The further overloads of a function share the docstring of the first.
    if (!isExported || names.includes(name)) continue;
    if (ts.getJSDocCommentsAndTags(statement).length === 0) names.push(name);
  }
  return names.map((name) => `${file.path}: ${name}`);
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  return (statement as ts.DeclarationStatement).name?.getText() ?? '';
}
