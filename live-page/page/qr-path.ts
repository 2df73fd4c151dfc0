// A QR code as one path: a bar for every run of dark modules in a row.

/** The path of the dark modules, each one unit wide and high. */
export function qrPath(modules: readonly (readonly boolean[])[]): string {
  const bars: string[] = [];
  for (const [y, row] of modules.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      const begin = x;
      while (row[x + 1] === true) x += 1;
      const width = x + 1 - begin;
      bars.push(`M${begin} ${y}h${width}v1h${-width}z`);
    }
  }
  return bars.join('');
}
