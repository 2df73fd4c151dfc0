// Compiles a few lines as if they lay in a folder of this repository, with that folder's own tsconfig.json. Nothing is written.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

/** The root of the repository. */
export const repositoryRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const probeName = 'compiler-probe.ts';
const targetName = 'compiler-target.ts';
const targetText = 'export const target = 1;\n';
const targetDeclaration = 'export declare const target = 1;\n';
const sourceFiles = new Map<string, ts.SourceFile | undefined>();

/** What the compiler said about one line of a probe. */
export interface Complaint {
  readonly line: number;
  readonly code: number;
}

/** How a file in `folder` imports something that exists only for this test in another folder. */
export function importOfTarget(folder: string, other: string): string {
  const relative = path.posix.join(path.posix.relative(folder, other), targetName.replace('.ts', '.js'));
  return `import '${relative.startsWith('.') ? relative : `./${relative}`}';`;
}

/** Compiles the lines in the folder and gives every error in them. */
export function compileInFolder(folder: string, lines: readonly string[]): readonly Complaint[] {
  const configuration = parseConfiguration(path.join(repositoryRoot, folder, 'tsconfig.json'));
  const probe = path.join(repositoryRoot, folder, probeName);
  const ambient = configuration.fileNames.filter((name) => name.endsWith('.d.ts'));
  const program = ts.createProgram({
    rootNames: [probe, ...ambient],
    options: configuration.options,
    projectReferences: configuration.projectReferences ?? [],
    host: createHost(configuration.options, new Map([[probe, `${lines.join('\n')}\nexport {};\n`]])),
  });
  const complaints: Complaint[] = [];
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const file = diagnostic.file;
    if (file?.fileName !== probe || diagnostic.start === undefined) continue;
    complaints.push({ line: file.getLineAndCharacterOfPosition(diagnostic.start).line, code: diagnostic.code });
  }
  return complaints;
}

function parseConfiguration(file: string): ts.ParsedCommandLine {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
    },
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(file, {}, host);
  if (parsed === undefined) throw new Error(`Cannot read configuration: found nothing at ${file}, wanted a tsconfig.json`);
  return parsed;
}

function createHost(options: ts.CompilerOptions, probes: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const virtual = (name: string): string | undefined => {
    if (path.basename(name) === targetName) return targetText;
    if (path.basename(name) === targetName.replace('.ts', '.d.ts') && name.includes('/dist/')) return targetDeclaration;
    return probes.get(name);
  };
  host.readFile = (name) => virtual(name) ?? readFile(name);
  host.fileExists = (name) => virtual(name) !== undefined || fileExists(name);
  host.getSourceFile = (name, languageVersion) => {
    if (probes.has(name)) return ts.createSourceFile(name, probes.get(name) ?? '', languageVersion);
    if (!sourceFiles.has(name)) {
      const text = host.readFile(name);
      sourceFiles.set(name, text === undefined ? undefined : ts.createSourceFile(name, text, languageVersion));
    }
    return sourceFiles.get(name);
  };
  // A referenced folder lists the target among its files, as it would if the file existed.
  host.getParsedCommandLine = (name) => {
    const parsed = parseConfiguration(name);
    return { ...parsed, fileNames: [...parsed.fileNames, path.join(path.dirname(name), targetName)] };
  };
  return host;
}
