/** A measured number beside its baseline (measured in the same run) and what was promised. */
export type Row = {
  name: string
  value: number
  unit: string
  baseline?: string | number | undefined
  target: string | number
  pass: boolean
}

/** Prints rows as an aligned table. */
export function printRows(rows: Row[]): void {
  const cells = rows.map(row => [
    row.pass ? 'ok  ' : 'MISS',
    row.name,
    `${round(row.value)} ${row.unit}`,
    row.baseline === undefined ? '' : `baseline ${row.baseline}`,
    `target ${row.target}`,
  ])
  const widths = [0, 1, 2, 3, 4].map(i => Math.max(0, ...cells.map(row => row[i]?.length ?? 0)))
  for (const row of cells)
    console.log(
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}`,
    )
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}
