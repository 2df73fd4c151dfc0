// Tables, in Markdown that also reads well as plain text.

/** A table: names of columns and rows of text. */
export interface Table {
  readonly title: string;
  /** Names of columns; those with a leading `>` are aligned to the right. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Writes a table. An empty one is a line that says so. */
export function formatTable({ title, columns, rows }: Table): string {
  if (rows.length === 0) return `## ${title}\n\nNothing measured.\n`;
  const isRight = columns.map((name) => name.startsWith('>'));
  const names = columns.map((name) => name.replace(/^>/, ''));
  const widths = names.map((name, column) =>
    Math.max(3, ...[names, ...rows].map((row) => (row[column] ?? '').length), name.length),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, isRight[column] === true)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (isRight[column] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [`## ${title}`, '', line(names), rule, ...rows.map(line), ''].join('\n');
}

const pad = (text: string, width: number, right: boolean): string => (right ? text.padStart(width) : text.padEnd(width));

/** A number with three significant digits or all digits before the point, thousands apart. */
export function formatNumber(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const [whole = '', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
