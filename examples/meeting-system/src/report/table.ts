export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Plain text, aligned by spaces, a line under the titles. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]) => {
    const padded = columns.map(({ align }, index) => {
      const cell = cells[index] ?? '';
      const width = widths[index] ?? 0;
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    });
    return padded.join('  ').trimEnd();
  };
  return [line(columns.map(({ title }) => title)), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
