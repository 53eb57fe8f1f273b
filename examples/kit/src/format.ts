// Numbers for people.

/** 1234567.8 -> '1,234,568' */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Three digits that matter: 0.0314, 3.14, 31.4, 314, 3,142. */
export function formatFigure(value: number): string {
  if (value === 0 || value >= 100) return formatCount(value)
  return value.toPrecision(3)
}

/** 1536 -> '1.50 KiB' */
export function formatBytes(byteLength: number): string {
  if (byteLength < 1024) return `${Math.round(byteLength)} B`
  const isLarge = byteLength >= 2 ** 20
  return `${formatFigure(byteLength / (isLarge ? 2 ** 20 : 1024))} ${isLarge ? 'MiB' : 'KiB'}`
}

export function formatChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}

/** Rows of cells as lines; the first column is flush left, the others flush right. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
