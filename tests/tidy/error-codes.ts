// The error codes of the sources: the literals of every type whose name ends in ErrorCode or FailureCode.

import ts from 'typescript';

import type { TextFile } from './repository.js';

/** The error codes that a source file defines. */
export function errorCodesOf(file: TextFile): readonly string[] {
  if (!/type \w+(Error|Failure)Code\b/.test(file.content)) return [];
  const source = ts.createSourceFile(file.path, file.content, ts.ScriptTarget.ES2023, true);
  const codes: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || !/(Error|Failure)Code$/.test(statement.name.text)) continue;
    const members = ts.isUnionTypeNode(statement.type) ? statement.type.types : [statement.type];
    for (const member of members) {
      if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) codes.push(member.literal.text);
    }
  }
  return codes;
}
