// In which fields two configurations differ.

/** A field that is not the same in both; undefined where one of them does not have it. */
export interface ConfigurationDifference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** The fields in which two configurations differ, in the order of the first. */
export function configurationDifferences(a: unknown, b: unknown, path = ''): readonly ConfigurationDifference[] {
  if (!isGroup(a) || !isGroup(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [{ path, a, b }];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => configurationDifferences(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

/** A difference as `path: 3 in A, 4 in B`, with the given words for the two sides. */
export function describeDifference({ path, a, b }: ConfigurationDifference, [wordA, wordB]: readonly [string, string]): string {
  const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${path} ${show(a)} ${wordA}, ${show(b)} ${wordB}`;
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
