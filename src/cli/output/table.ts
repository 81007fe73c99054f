/** Columns padded to their widest cell, two spaces apart; colour codes take no room. Rows may be shorter than the first. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => visibleWidth(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const pad = (cell: string, width: number): string => cell + ' '.repeat(Math.max(0, width - visibleWidth(cell)));

// oxlint-disable-next-line no-control-regex
export const visibleWidth = (text: string): number => [...text.replaceAll(/\u001b\[[0-9;]*m/g, '')].length;
