import type { DataOf } from '../app/graph.ts'

type Rows = Pick<DataOf<'KpiRows'>['kpiRows'], 'columns' | 'rows'>

/** RFC 4180 text of the loaded rows. A cell that a spreadsheet would run as a formula is made plain text. */
export function csvOf({ columns, rows }: Rows): string {
  const lines = [columns.map(column => column.label), ...rows.map(row => row ?? [])]
  return lines.map(line => line.map(cell => quoted(cell ?? '')).join(',')).join('\r\n')
}

/** Gives the rows to the browser as a file. */
export function saveCsv(name: string, rows: Rows): void {
  // The byte order mark makes Excel read UTF-8.
  const url = URL.createObjectURL(new Blob(['\ufeff', csvOf(rows)], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.csv`
  link.click()
  URL.revokeObjectURL(url)
}

function quoted(cell: string): string {
  const plain = /^[=+@\t\r]|^-(?!\d)/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
